"""What is said of tickets."""

from bot.core.said import Words

W = Words("ticket")

OPEN = W("open", "Open")
CLOSED = W("closed", "Closed")
OPENED = W("opened", "{ticket} is open.")
ENOUGH_ROWS = W("enough_rows", "a thousand rows")
ROWS = W("rows", "{rows} row", many="{rows} rows", by="rows")
THANKS = W("thanks", "Thanks")
THANK = W("thank", "{who:person}, {ticket} is closed.")
CANNOT_THANK = W("cannot_thank", "Nobody can be thanked for {thing}")
ASKED_OFTEN = W("asked_often", "asked often")
