"""Routes: holding a slot while its form is filled in."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field

from expert_booking import availability, experts, hold_limits, holds
from expert_booking.api.error_body import documented
from expert_booking.api.experts import ExpertOfPath
from expert_booking.api.hold_proof import OptionalHoldProof, RequiredHoldProof, hold_token, new_visitor
from expert_booking.api.limits import address_of
from expert_booking.api.offers import offering_others
from expert_booking.api.shape import Shape
from expert_booking.errors import ProofRefused, SlotNotFound
from models import SlotState

router = APIRouter(tags=["holds"], responses=documented(503))


class HoldShape(Shape):
    """A hold; its token books the slot, extends to another slot, or gives the hold up."""

    slot_id: str
    hold_token: str = Field(description="keep it: send it as `holdToken` when booking, or in the header `Hold-Token`")
    held_until: datetime


@router.post("/experts/{expert_id}/slots/{slot_id}/hold", status_code=201, responses=documented(403, 404, 409))
async def hold_slot(request: Request, expert: ExpertOfPath, slot_id: str, proof: OptionalHoldProof) -> HoldShape:
    """Hold a slot for a few minutes; whoever sends the token of an earlier hold lets go of that one."""
    wanted = experts.parse_id(slot_id, missing=SlotNotFound)
    visitor = proof.visitor if proof else new_visitor()
    async with offering_others(expert, wanted):
        hold = await hold_limits.hold(
            expert_id=expert.id, slot_id=wanted, visitor=visitor, address=address_of(request.client)
        )
    return HoldShape(slot_id=str(wanted), hold_token=hold_token(visitor, hold), held_until=hold.until)


@router.delete("/experts/{expert_id}/slots/{slot_id}/hold", status_code=204, responses=documented(401, 403, 404))
async def release_slot(expert: ExpertOfPath, slot_id: str, proof: RequiredHoldProof) -> None:
    """Give up a hold; a hold that has ended already is as good as given up, somebody else's is refused."""
    wanted = experts.parse_id(slot_id, missing=SlotNotFound)
    await availability.slot_of(expert.id, wanted)
    if await holds.release(slot_id=wanted, token=proof.token):
        return
    if availability.state_of(await availability.slot_of(expert.id, wanted)) is SlotState.HELD:
        raise ProofRefused("This token does not hold this time.")
