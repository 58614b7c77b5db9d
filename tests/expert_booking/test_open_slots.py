from bisect import bisect_right

from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from expert_booking.open_slots import OpenSlots

starts = st.integers(-(2**40), 2**45) | st.integers(0, 5)
ids = st.integers(0, 2**96 - 1).map(lambda number: number.to_bytes(12, "big"))
few = st.tuples(st.integers(0, 3), st.integers(0, 3).map(lambda number: number.to_bytes(12, "big")))
slots_of_somebody = few | st.tuples(starts, ids)
steps = st.lists(st.tuples(slots_of_somebody, st.booleans()), max_size=30)


@given(st.sets(slots_of_somebody), steps, starts)
def test_open_slots_are_what_a_sorted_set_would_be(
    begun: set[tuple[int, bytes]], steps: list[tuple[tuple[int, bytes], bool]], moment: int
) -> None:
    slots, expected = OpenSlots.of(begun), set(begun)

    for slot, is_open in steps:
        if is_open:
            slots.put(*slot)
            expected.add(slot)
        else:
            slots.discard(*slot)
            expected.discard(slot)

    assert slots.all() == expected
    assert [slots.at(place) for place in range(slots.number)] == sorted(expected)
    assert slots.begun(moment) == bisect_right(sorted(start for start, _ in expected), moment)


def test_first_few_can_be_dropped() -> None:
    first, second, third = (ObjectId().binary for _ in range(3))
    slots = OpenSlots.of([(3, third), (1, first), (2, second)])

    slots.drop(2)

    assert (slots.number, slots.at(0)) == (1, (3, third))
