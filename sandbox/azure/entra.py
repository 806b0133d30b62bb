"""Entra ID, as far as a client with a secret needs it: `login.microsoftonline.com`."""

import secrets
import uuid
from datetime import UTC, datetime

from aiohttp import web

from sandbox.azure.world import CLIENT_ID, TENANT, World

HOST = "login.microsoftonline.com"
LIFETIME_S = 3600


def build(world: World) -> web.Application:
    """Return the host's application."""

    async def configuration(request: web.Request) -> web.Response:
        base = f"https://{HOST}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "tenant_region_scope": "NA",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def instance(_request: web.Request) -> web.Response:
        names = [HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"]
        return web.json_response(
            {
                "tenant_discovery_endpoint": f"https://{HOST}/{TENANT}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": HOST, "preferred_cache": names[1], "aliases": names}],
            }
        )

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        if request.match_info["tenant"] != TENANT:
            return _refusal("invalid_request", 90002, f"Tenant '{request.match_info['tenant']}' not found.", 400)
        if form.get("client_id") != CLIENT_ID:
            said = f"Application with identifier '{form.get('client_id')!s}' was not found in the directory 'Slipway'."
            return _refusal("unauthorized_client", 700016, said, 400)
        if form.get("client_secret") != world.client_secret:
            said = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{CLIENT_ID}'."
            )
            return _refusal("invalid_client", 7000215, said, 401)
        issued = secrets.token_urlsafe(32)
        world.tokens.add(issued)
        return web.json_response(
            {"token_type": "Bearer", "expires_in": LIFETIME_S, "ext_expires_in": LIFETIME_S, "access_token": issued}
        )

    application = web.Application()
    application.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", configuration)
    application.router.add_get("/common/discovery/instance", instance)
    application.router.add_post("/{tenant}/oauth2/v2.0/token", token)
    return application


def _refusal(error: str, code: int, said: str, status: int) -> web.Response:
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace = str(uuid.uuid4())
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {said} Trace ID: {trace} Correlation ID: {trace} Timestamp: {at}",
        "error_codes": [code],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"https://{HOST}/error?code={code}",
    }
    return web.json_response(body, status=status)
