"""The log of what crosses the sandbox's wires: masked, bounded, and with polls merged."""

import json

from sandbox.wirelog import KEPT, MASK, TEXT_MAX, WireLog


def test_secrets_are_masked_wherever_they_stand():
    """Tokens in addresses, forms, headers, JSON fields and signed links never reach a reader."""
    log = WireLog()
    log.add("rest", "POST /webhooks/1100000000000000002/aW50ZXJhY3Rpb246c2VjcmV0LXRva2Vu/messages/@original")
    log.add("rest", "POST /interactions/11/aW50ZXJhY3Rpb246c2VjcmV0LXRva2Vu/callback")
    log.add("gateway", "IDENTIFY", sent={"token": "very-secret", "properties": {"os": "linux"}})
    log.add(
        "login", "POST /token", sent="client_id=a&client_secret=very-secret", answered='{"access_token": "very-secret"}'
    )
    log.add("arm", "POST /listKeys", answered=b'{"primaryKey": "very-secret", "secondaryKey": "very-secret"}')
    log.add("blob", "PUT /x?sv=1&sig=very-secret&se=2", sent="Authorization: Bearer very-secret-and-long")
    text = json.dumps(log.since(0), ensure_ascii=False)

    assert "secret-" not in text.replace("client_secret", "")
    assert "very-secret" not in text
    assert "aW50ZXJhY3Rpb246" not in text
    assert 9 == text.count(MASK)
    assert "linux" in text


def test_only_the_newest_are_kept_and_long_bodies_are_cut():
    """The log does not grow for ever, and says how much it has left out of a body."""
    log = WireLog()
    for number in range(KEPT + 20):
        log.add("ssh", f"echo {number}", sent="x" * (TEXT_MAX + 7))
    entries = log.since(0)

    assert KEPT == len(entries)
    assert "echo 20" == entries[0]["what"]
    assert str(entries[0]["sent"]).endswith("… 7 more characters")


def test_a_poll_renews_its_entry_and_an_act_does_not():
    """What is asked every second takes one line, counted; readers get it anew under the same id."""
    log = WireLog()
    log.add("slurm", "squeue", status=0, answered="1 PENDING", is_poll=True)
    before = log.since(0)[-1]
    log.add("slurm", "sbatch job.sh", status=0)
    log.add("slurm", "squeue", status=0, answered="1 RUNNING", is_poll=True)
    log.add("slurm", "sbatch job.sh", status=0)
    log.add("slurm", "squeue", status=1, answered="no controller", is_poll=True)
    news = log.since(int(str(before["version"])))

    assert ["sbatch job.sh", "squeue", "sbatch job.sh", "squeue"] == [one["what"] for one in news]
    assert [1, 2, 1, 1] == [one["count"] for one in news]
    assert (before["id"], "1 RUNNING") == (news[1]["id"], news[1]["answered"])
    assert before["id"] != news[3]["id"]
