from bisect import bisect_right

from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from expert_booking.open_slots import OpenSlots

starts = st.integers(-(2**40), 2**45) | st.integers(0, 5)
ids = st.integers(0, 2**96 - 1).map(lambda number: number.to_bytes(12, "big"))
steps = st.lists(st.tuples(starts, ids | st.none()), max_size=30)


@given(st.dictionaries(starts, ids), steps, starts)
def test_open_slots_are_what_a_sorted_table_would_be(
    begun: dict[int, bytes], steps: list[tuple[int, bytes | None]], moment: int
) -> None:
    slots, table = OpenSlots.of(begun.items()), dict(begun)

    for start, slot_id in steps:
        if slot_id is None:
            slots.remove(start)
            table.pop(start, None)
        else:
            slots.put(start, slot_id)
            table[start] = slot_id

    assert slots.all() == table
    assert [slots.at(place) for place in range(slots.number)] == sorted(table.items())
    assert slots.begun(moment) == bisect_right(sorted(table), moment)


def test_first_few_can_be_dropped() -> None:
    first, second, third = (ObjectId().binary for _ in range(3))
    slots = OpenSlots.of([(3, third), (1, first), (2, second)])

    slots.drop(2)

    assert (slots.number, slots.at(0)) == (1, (3, third))
