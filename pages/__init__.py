"""What a person sees: NiceGUI pages, thin. They know `expert_booking` and never query."""

from nicegui import app

from expert_booking import metrics
from expert_booking.settings import Settings
from pages import (
    administration,
    armour,
    booking,
    compressed,
    errors,
    expert,
    experts,
    garbage,
    limits,
    my_bookings,
    my_data,
    outbox,
    platform_styles,
    prefetch,
    share,
    sign_in,
    styleguide,
    theme,
    viewers,
    waiting,
    workspace,
)
from pages.components import sign_in_form
from pages.live import first_paint, quicker, wire

__all__ = [
    "administration",
    "armour",
    "booking",
    "compressed",
    "expert",
    "experts",
    "garbage",
    "install",
    "limits",
    "my_bookings",
    "my_data",
    "share",
    "sign_in",
    "waiting",
    "workspace",
]


def install(settings: Settings) -> None:
    """Dress the pages and put the error pages in place; importing the package has registered the pages."""
    platform_styles.install()
    theme.install()
    share.install(app, public_url=settings.public_url)
    wire.install()
    quicker.install()
    first_paint.install()
    armour.install(app, public_url=settings.public_url)
    prefetch.install()
    garbage.install()
    limits.install(settings)
    errors.install(app)
    styleguide.install(is_production=settings.is_production)
    outbox.install(settings)
    sign_in_form.use(keeps_mail=settings.smtp_url is None and not settings.is_production)
    metrics.count_viewers("pages", viewers.by_page)
