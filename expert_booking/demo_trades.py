"""What the demo experts do, and what they say about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One category; an opening says `{years}` and a bio takes one opening and some practices."""

    headlines: tuple[str, ...]
    openings: tuple[str, ...]
    practices: tuple[str, ...]


TRADES = {
    "Technology": Trade(
        headlines=(
            "Cloud architecture that survives launch day",
            "From slow queries to calm dashboards",
            "Code reviews your team looks forward to",
            "Moving off the monolith, one seam at a time",
            "Incident practice before the real incident",
        ),
        openings=(
            "For {years} I have kept busy systems running, from payments to public transport.",
            "I have written, broken and repaired production software for {years}.",
        ),
        practices=(
            "Bring a diagram or a stack trace, and we will leave with the next three steps.",
            "I ask about failure first: what happens when this part is gone?",
            "Teams come to me when every release has begun to feel like a gamble.",
            "I prefer boring tools and short feedback loops.",
        ),
    ),
    "Business": Trade(
        headlines=(
            "Raising a first round without regrets",
            "Pricing that you can say out loud",
            "From founder-led to a team that sells",
            "Board meetings that end with decisions",
        ),
        openings=(
            "I founded two companies, closed one, and have advised others for {years}.",
            "In {years} of building companies I have sat on both sides of the table.",
        ),
        practices=(
            "We look at your numbers together and find the one that matters this quarter.",
            "Expect straight questions and a short list at the end.",
            "I have read a few hundred pitch decks and can tell you where readers stop.",
        ),
    ),
    "Design": Trade(
        headlines=(
            "Interfaces people understand at first sight",
            "A design system your developers will use",
            "Portfolio reviews with an honest eye",
            "Accessible colour without losing the brand",
        ),
        openings=(
            "I have designed products for {years}, most of them for people in a hurry.",
            "After {years} in design I still start every project with paper.",
        ),
        practices=(
            "Share your screen and we will change things while we talk.",
            "I test with five people before I believe myself.",
            "Half of my work is taking away what nobody needs.",
        ),
    ),
    "Marketing": Trade(
        headlines=(
            "Positioning in one sentence that sticks",
            "Newsletters people open on purpose",
            "Your first hundred customers, by name",
            "Launch plans for teams of three",
        ),
        openings=(
            "I have brought products to market for {years}, with large budgets and with none.",
            "For {years} I have helped quiet companies say what they are good at.",
        ),
        practices=(
            "We begin with what your customers say, word for word.",
            "I will tell you which channels to leave alone.",
            "You will go home with a page of copy that you can use the same day.",
        ),
    ),
    "Finance": Trade(
        headlines=(
            "A cash plan for the next eighteen months",
            "Investing calmly, explained without jargon",
            "Books in order before the audit",
            "Freelancing with a safety net",
        ),
        openings=(
            "I have worked in finance for {years}, first in banks and now for people.",
            "For {years} I have turned shoeboxes of receipts into plans.",
        ),
        practices=(
            "Bring last year's figures; rough ones are fine.",
            "I earn nothing on what I recommend.",
            "We will build a sheet that you can keep up without me.",
        ),
    ),
    "Health": Trade(
        headlines=(
            "Sleeping through the night again",
            "Running your first ten kilometres unhurt",
            "Eating well on a working day",
            "Back pain and the desk you sit at",
        ),
        openings=(
            "I am a physiotherapist and have worked with desk workers and dancers for {years}.",
            "For {years} I have helped people change one habit at a time.",
        ),
        practices=(
            "We start from the day you have, not from the one you wish for.",
            "You will get a plan that fits on one page.",
            "I work together with your doctor, never instead of one.",
        ),
    ),
    "Law": Trade(
        headlines=(
            "Contracts you can read before you sign",
            "Privacy rules for a small online shop",
            "Founders' agreements while you are still friends",
            "Licensing your code with open eyes",
        ),
        openings=(
            "I have advised small companies for {years}, mostly before things went wrong.",
            "After {years} in law firms I now explain contracts in plain words.",
        ),
        practices=(
            "Send the document the day before, and we will spend the hour on what matters.",
            "I mark every clause green, amber or red.",
            "Where you need a local lawyer, I will say so.",
        ),
    ),
    "Education": Trade(
        headlines=(
            "Mathematics for those who gave up on it",
            "Applying abroad: essays in your own voice",
            "Teaching online without losing the room",
            "A thesis plan that survives the summer",
        ),
        openings=(
            "I have taught for {years}, in schools, at a university and at kitchen tables.",
            "For {years} I have watched people learn what they thought they could not.",
        ),
        practices=(
            "Mistakes are where we begin.",
            "We set one goal per session and check it at the end.",
            "Parents are welcome for the first ten minutes.",
        ),
    ),
    "Career": Trade(
        headlines=(
            "Interview practice with the hard questions",
            "From specialist to first-time manager",
            "Negotiating an offer without an apology",
            "Changing fields at forty",
        ),
        openings=(
            "I hired engineers and nurses for {years} before I changed sides.",
            "For {years} I have coached people through the jobs between two jobs.",
        ),
        practices=(
            "We rehearse aloud until it sounds like you.",
            "Send me the advertisement and your CV, in any state.",
            "I will tell you what a recruiter sees in the first ten seconds.",
        ),
    ),
    "Languages": Trade(
        headlines=(
            "Business English for your next negotiation",
            "Spanish that works on the telephone",
            "Japanese for the first months in Tokyo",
            "Presenting in a language that is not yours",
        ),
        openings=(
            "I have taught languages for {years} and am still learning two of them.",
            "For {years} I have prepared people for meetings that they feared.",
        ),
        practices=(
            "We speak from the first minute; grammar comes when it is needed.",
            "You will get a recording and ten sentences to keep.",
            "Bring the mail that you do not dare to send.",
        ),
    ),
}
