"""Texts that become code wherever somebody forgets that they are texts; each says which one it was: `strike(7)`."""

CODE = (
    "<script>strike(0)</script>",
    '"><script>strike(1)</script>',
    "'><img data-hurt src=x onerror=strike(2)>",
    '" autofocus onfocus=strike(3) data-hurt="',
    "' onmouseover=strike(4) data-hurt='",
    "<svg data-hurt onload=strike(5)>",
    "<svg><animate data-hurt onbegin=strike(6) attributeName=x dur=1s>",
    "</title><script>strike(7)</script>",
    "</script><script>strike(8)</script>",
    "</textarea><img data-hurt src=x onerror=strike(9)>",
    "--><img data-hurt src=x onerror=strike(10)>",
    "<![CDATA[<img data-hurt src=x onerror=strike(11)>]]>",
    "javascript:strike(12)",
    "{{constructor.constructor('strike(13)')()}}",
    "{{ 7*191 }} {% raw %} ${strike(14)} #{strike(14)}",
    "[x](javascript:strike(15)) ![x](x)",
    "</style><style data-hurt>*{display:none}</style>",
    "<iframe data-hurt srcdoc='<script>parent.strike(17)</script>'>",
    "<details data-hurt open ontoggle=strike(18)>",
    "&lt;img data-hurt src=x onerror=strike(19)&gt;",
    "\\u003cimg data-hurt src=x onerror=strike(20)\\u003e",
    "%3Cimg data-hurt src=x onerror=strike(21)%3E",
    "<base data-hurt href=//elsewhere.example/>",
    "<meta data-hurt http-equiv=refresh content=0;url=/healthz>",
    "<form data-hurt><button formaction=javascript:strike(24)>",
    "';strike(25);//",
    "`;strike(26);`${strike(26)}",
    '\\";strike(27);//',
    "\u2028strike(28)//",
    "<math data-hurt><mi xlink:href='javascript:strike(29)'>",
    "<noscript><p title='</noscript><img data-hurt src=x onerror=strike(30)>'>",
    "<x data-hurt style='background:url(javascript:strike(31))'>",
)
"""What wants to run, or to put an element with `data-hurt` on the page."""

NUISANCES = (
    "\u202egnp.exe\u202c \u2066x\u2069",  # turns what follows round
    "W" * 110,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e6\U0001f1f7 \U00010348",  # four bytes each, joined
    "\u0430dm\u0456n \u0455\u0443\u0455t\u0435m",  # letters that look like others
    "Z\u0310\u0311\u0312\u0313\u0314\u0315\u0316\u0317\u0318\u0319\u031a" * 8,
    "{name} {0.__class__} %s %(name)s $name {number!r}",
    "a\x00<img data-hurt src=x onerror=strike(99)>",
    "=cmd|' /C calc'!A0",
    "line one\r\nBEGIN:VALARM\r\nATTENDEE:mailto:x@example.com",
    "../../../../etc/passwd",
)
"""What runs nowhere, but may break what is drawn, or what a file says."""

ALL = (*CODE, *NUISANCES)


def in_bundles(*, longest: int) -> list[str]:
    """All of them, several to a text, none longer than that."""
    bundles = [""]
    for payload in ALL:
        cut = payload[:longest]
        if len(bundles[-1]) + len(cut) + 1 > longest:
            bundles.append("")
        bundles[-1] = f"{bundles[-1]} {cut}".strip(" ")
    return bundles
