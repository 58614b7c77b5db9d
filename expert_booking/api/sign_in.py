"""Routes: proving by a code that an e-mail address is one's own."""

from fastapi import APIRouter

from expert_booking import sign_in
from expert_booking.api.booking_shapes import DoneShape
from expert_booking.api.callers import SentToken, SignedIn
from expert_booking.api.error_body import documented
from expert_booking.api.limits import limited
from expert_booking.api.privacy_header import PRIVATE
from expert_booking.api.sign_in_shapes import CodeRequest, SignInShape, VerifyRequest
from expert_booking.limiting import Limit

router = APIRouter(tags=["signing in"], responses=documented(503), dependencies=[PRIVATE])

SENT = DoneShape(message="A code is on its way to this address. It is good for ten minutes.")


@router.post("/sign-in", status_code=202, responses=documented(400, 413, 422, 429), dependencies=[limited(Limit.CODES)])
async def send_code(asked: CodeRequest) -> DoneShape:
    """Send a six-digit code to an address; the answer is the same whether anybody here knows it or not."""
    await sign_in.send_code(asked.email, language=asked.language)
    return SENT


@router.post("/sign-in/verify", responses=documented(400, 403, 413, 422), dependencies=[limited(Limit.VERIFYING)])
async def verify_code(sent: VerifyRequest) -> SignInShape:
    """Begin a sign-in with the code, which opens nothing a second time; it can be tried five times."""
    return SignInShape.of(await sign_in.verify(sent.email, sent.code))


@router.post("/sign-out", status_code=204, responses=documented(401))
async def sign_out(_person: SignedIn, token: SentToken) -> None:
    """End the sign-in whose token is sent."""
    assert token is not None  # or nobody would be signed in
    await sign_in.sign_out(token)
