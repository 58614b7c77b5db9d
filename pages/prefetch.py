"""A page is fetched when a finger or a button goes down on its link, and shown when it comes up.

Not earlier: whoever passes over a list of experts would have a page built for each, and most are never looked at. A
page that is fetched and not shown is forgotten after a minute, like one that no browser connects to. Links with a query
are left alone, as those ask for more than to look.
"""

import json

from nicegui import ui

from pages.armour import nonces

LINKS = 'a[href="/"], a[href="/my-bookings"], a[href^="/experts/"]:not([href*="?"])'


def install() -> None:
    """Tell the browsers that know how; the others ignore it."""
    rules = {"prefetch": [{"where": {"selector_matches": LINKS}, "eagerness": "conservative"}]}
    opening = f'<script type="speculationrules" nonce="{nonces.PLACE}">'
    ui.add_head_html(f"{opening}{json.dumps(rules)}</script>", shared=True)  # ours: no request's
