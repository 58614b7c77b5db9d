from expert_booking import metrics
from models import Expert
from tests.pages.conftest import Come


def looking(page: str) -> float | None:
    return metrics.current().registry.get_sample_value("expert_booking_viewers", {"page": page})


async def test_viewers_are_counted_by_kind_of_page(come: Come, expert: Expert) -> None:
    for path in ("/", f"/experts/{expert.id}", f"/experts/{expert.id}"):
        await come().open(path)

    assert (looking("/"), looking("/experts/{expert_id}")) == (1, 2)
    assert str(expert.id) not in metrics.exposition().decode()
