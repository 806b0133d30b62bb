"""Every card and reply of the bot, drawn from plain data and photographed on the sandbox's page: `make gallery`."""
