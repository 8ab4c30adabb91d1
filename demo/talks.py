"""What is said in the pretend shop: talks in the chat, and what colleagues note down.

A line of a talk begins with `<` when the visitor writes and with `>` when the team answers.
"""

import random
from dataclasses import dataclass
from typing import Any

PIECES = {
    "fern-lamp": ("Fern lamp", 340),
    "harbour-panel": ("Harbour panel", 620),
    "meridian-window": ("Meridian window", 1900),
    "robin-suncatcher": ("Robin suncatcher", 48),
}
"""Name and price in euros by the page's address."""

REPLIES = (
    ("Greeting", "Hello {{lead.firstName}}, {{me.name}} here. What can I do for you?", True),
    (
        "How long it takes",
        "At the moment about three weeks. The kiln is booked until then, and we don't hurry glass.",
        True,
    ),
    (
        "Measurements",
        "Could you send us the opening in centimetres, and a photo with something for scale in it? "
        "We draw a proposal and send it to {{lead.email}}.",
        True,
    ),
    ("Shipping", "In a wooden crate, insured. If something cracks, we make it again.", True),
    ("My hours", "I am at the bench from nine to five. {{me.name}}", False),
)
"""Prepared answers: name, words, and whether they are the team's."""

_TALKS = """
< Hello! Is the {piece} bright enough to read by?
> Hi {first}, {me} here. It is more for mood than for reading, but beside an armchair it does well.
< That is honest of you. Then I take a second lamp for the book.
> Wise. Shall I keep one back for you? They take three weeks.
< Yes please.

< Do you ship to {city}?
> We do. In a wooden crate, insured, about {days} days on the road.
< And if something cracks?
> Send us a photo and we make it again. It happened twice in nine years.
< Good enough for me, thank you {me}.

< I have an odd opening, {size} cm. Could a {piece} be made for that?
> It could. Do you have a photo with something for scale in it?
< I can take one tonight when the light is better.
> Perfect, no hurry. I'll sketch as soon as I have it.
< Sent! There is a mug on the sill for scale.
> Lovely mug. You'll have a drawing by {weekday}.

< hi, is there somebody?
> There is! {me} at the bench, what can I do for you?
< my mother turns seventy on {weekday} and she collects birds
> Then the Robin suncatcher was made for her. It is ready to post.
< can you write a card too
> By hand, with our good pen. What should it say?
< "For the kitchen window, from all of us"
> Done. It leaves tomorrow morning.

< What is the difference between dark patina and bright tin?
> Patina makes the lines recede, tin makes them part of the drawing.
< Which would you take for the {piece}?
> Patina, if the room is light. Tin, if it is not.
< It is not. Tin then.

< Good morning, our hall window is {size} cm and faces north. Too dark for colour?
> Good morning {first}! North light is even, so pale glass works beautifully. Deep blue would sulk.
< We had deep blue in mind...
> We could put it at the edges only. May I send a sketch of both?
< Please do. My address is in the form.

< How long does a {piece} take at the moment?
> About {weeks} weeks. The kiln is booked until then.
< Could it be faster for a wedding?
> For which day?
< {weekday} in a month from now.
> If you decide this week, yes. I have put a pencil mark in the book.

< I ordered the {piece} and would like to change the colour of the sky.
> Nothing is cut yet, so that is easy. Lighter or darker?
< Lighter. Like just before rain.
> I know the sheet. I'll send a photo of it against the window.

< Are you open to visitors?
> Every first Saturday, from ten until the light goes.
< Can I bring two children?
> Of course. They may each solder a star if they keep their goggles on.
< You have made three people very happy.

< The price list says from {price} euros. What makes it more?
> Size first, then how many pieces of glass. Curves take longest.
< So a simple one of {size} cm?
> Close to the price you saw, I would guess. I can calculate it properly by {weekday}.
< Yes, please, no obligation though.
> None at all.

< My {piece} arrived. It is even better than the picture!
> That is the nicest message of the week. Where does it hang?
< In the stairwell. At four o'clock the whole wall is green.
> Send a photo if you like, we pin them above the bench.

< One of the chains seems to have a loose link
> Oh, sorry about that. Could you take it down for now, to be safe?
< Already did
> Thank you. A new chain goes out today, no charge of course.
< That was quick. Thanks!

< Can the glass be set into double glazing?
> Yes, between two panes. It is {weeks} weeks more, because the unit is sealed elsewhere.
< Does it look duller behind glass?
> A little cooler. Most people stop noticing after a day.
< I'll talk to my partner.
> Take your time, the offer stays good for two months.

< Do you repair old panels? Ours is from {year} and a corner is broken.
> We do. The hard part is to find glass of that age.
< And can you?
> Often. I keep a shelf of old sheets. Could you send us the colour against a white paper?
< Will do this weekend.

< just looking, pretty things!
> Thank you! Shout if you want to know anything.
< what is gold ruby?
> Red glass with a bit of gold in the melt. It is why the robin is dear.
< wow ok

< Hello, I run a tea room and would like four lamps. Is there a price for four?
> Hello {first}! For four we take ten percent off and bring them ourselves if you are near.
< We are in {city}.
> Then a crate it is. Shall I write it up?
< Yes, to the company please.
> On its way before {weekday}.

< I did not get any answer to my mail from last week.
> I am sorry. I see it now, it was sorted away. You asked about the {piece}?
< Exactly, for a window of {size} cm.
> It fits. I'll write the offer today and call you tomorrow, if that suits.
< After five, please.

< Is lead dangerous? We have a toddler.
> Not to look at. But don't let anybody chew the lines, and wash your hands after polishing.
< We hang it high then.
> Above one metre fifty, and everything is fine.

< Can I pay in two parts?
> Half when we begin, half when it leaves the workshop. That is how most do it.
< Great, that helps.

< does the {piece} come with a bulb
> It does, a warm one with four watts. It lasts some fifteen years.
< nice. and the plug? i am in {city}
> We fit the plug of your country.

< I would like to give a voucher. Is there such a thing?
> There is, for any amount, printed on paper we make from offcuts of drawings.
< For {price} then, please, to arrive by {weekday}.
> No problem at all. Whose name goes on it?
< "Aunt Philippa".

< Could you match the green of a roof tile?
> If you send us a piece of the tile, we get very close.
< It weighs two kilos :)
> A chip of it will do!

< We decided against it for now. The roof comes first.
> Very understandable. Shall I ask again in spring?
< Yes, do that. The drawing was beautiful.
> Then I keep it in the drawer. Good luck with the roof!

< What happens if it does not fit?
> We measure twice and send you a cardboard one first. If the cardboard fits, the glass will.
< Cardboard! Brilliant.
> It is the most useful thing in the workshop.
"""


@dataclass(frozen=True)
class Line:
    """One message of a talk, with slots for names, places and sizes."""

    is_visitor: bool
    text: str


def _parse(text: str) -> tuple[tuple[Line, ...], ...]:
    return tuple(
        tuple(Line(line.startswith("<"), line[2:]) for line in talk.splitlines())
        for talk in text.strip().split("\n\n")
    )


TALKS = _parse(_TALKS)


def greets(text: str) -> bool:
    return text.split()[0].strip(",.!").lower() in ("hi", "hello", "good")


OPENERS = ("", "", "", "Hi! ", "Hello again. ", "Quick question. ", "Good evening. ")
"""What a talk begins with that does not greet by itself."""
GREETINGS = (
    "Welcome! I'm {me}. Ask me anything about the {piece}.",
    "Good to see you here, {first}. Shall I hold a {piece} for you?",
    "The kiln opens on {weekday}. Would you like a photo of what comes out?",
    "Your drawing is ready, {first}. I have sent it to your address.",
)
"""What colleagues write on their own."""

CALLS = {
    "ANSWERED": "Wants the {piece}, but not before {weekday}.",
    "VOICEMAIL": "Said the drawing is ready and that it will be {weeks} weeks.",
    "NO_ANSWER": None,
}
"""What is noted of a call, by what came of it."""
MEETINGS = ("Look at glass for the {piece}", "Measure the window", "Talk about the drawing")
TASKS = (
    "Send photographs of the {piece}",
    "Ask {first} how the measuring went",
    "Find out what shipping to {city} costs",
    "Call back on {weekday}",
    "Put the {piece} aside",
)
DAYS = {
    "Closing": "The {piece} is handed over in {city}.",
    "P&S due": "Terms have to be signed by then.",
}

HELD = "Held three sheets against the light. Liked the {piece}."

CLICKS = {
    "Phone call": (
        "Wants the {piece}, but not before {weekday}.",
        "Asked what glass of {year} would cost. Promised to look through the shelf.",
    ),
    "Left a voicemail": (
        "Asked to be called back about the {piece}. Mornings are best.",
        "Said the drawing is ready and that it will be {weeks} weeks.",
        "The machine cut me off after the size: {size} cm.",
    ),
    "Meeting": (
        "Came by with the measures: {size} cm. Held three sheets against the light.",
        "Liked the {piece}, found it a bit dear. Offer by {weekday}.",
    ),
}
"""Buttons of the card and what colleagues write on such events later."""

LOSSES = (
    "Bought elsewhere, for less.",
    "Wanted it sooner than we can make it.",
    "No longer moves house.",
    "Could not be reached for a month.",
)
NOTES = (
    "<p>Called, <strong>no answer</strong>. Try again after lunch.</p>",
    "<p>Wants to see the colours <em>in daylight</em> before deciding.</p>",
    "<p>Measures:</p><ul><li>opening {size} cm</li><li>sill 18 cm</li><li>faces west</li></ul>",
    "<p>Asked for an offer until <strong>{weekday}</strong>. Budget about € {price}.</p>",
    "<p>Very friendly. Knows somebody who bought a {piece} from us.</p>",
    "<p>Careful with the delivery: <u>narrow stairs</u>, no lift.</p>",
    "<blockquote>As if it had always been there.</blockquote><p>So: old glass.</p>",
    "<p>Sent the drawing.</p><ol><li>wait for the answer</li><li>cardboard</li><li>cut</li></ol>",
    "<p>Prefers mornings. Speaks slowly on the phone, give it time.</p>",
    "<p>Compares us with a workshop in {city}. We are dearer and quicker.</p>",
    "<h3>Visit</h3><p>Came on Saturday with two children, loved the <strong>{piece}</strong>.</p>",
    "<p>Paid the first half. <s>Invoice open</s></p>",
    "<p>See <a href=\"https://www.example.com/measuring\">how to measure</a>, sent the link.</p>",
    "<p>Not now, the roof comes first. Ask again in spring.</p>",
    "<p>Allergic to polish, use <code>beeswax</code> only.</p>",
    "<p>Second lamp likely for the office. Remind in a month.</p>",
)  # fmt: skip
TITLES = (
    "Wants two lamps", "Window for the stairwell", "Gift for a teacher", "Chapel, east side",
    "Prefers mornings", "Repair of a door panel", "Tea room, four lamps", "Comes on Saturday",
)  # fmt: skip
SEGMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "Busy this week",
        "Did five things or more within 7 days: a good moment to call.",
        {
            "event": {
                "within": {"withinLast": {"amount": 7, "unit": "DAY"}},
                "count": {"atLeast": 5},
            }
        },
    ),
    (
        "Gone quiet",
        "Open, known by name, and not heard of for two weeks.",
        {
            "and": [
                {"state": {"kindIn": ["OPEN"]}},
                {"isAnonymous": False},
                {"lastActivityAt": {"notWithinLast": {"amount": 2, "unit": "WEEK"}}},
            ]
        },
    ),
    (
        "Waits for our answer",
        "Wrote more than an hour ago, and nobody answered.",
        {
            "conversation": {
                "states": ["OPEN"],
                "waitingLongerThan": {"amount": 1, "unit": "HOUR"},
            }
        },
    ),
)
"""Name, description and rule of the shop's segments."""
TAGS = (
    "lamp", "window", "gift", "repair", "trade", "newsletter", "open day", "returning",
    "measure first", "fragile address", "wedding", "press",
)  # fmt: skip
GLASS_KINDS = ("Clear", "Cathedral", "Opalescent", "Mouth-blown", "Safety")
USES = ("Window", "Door", "Lamp", "Mirror", "Gift")
INTERESTS = (
    "A friend's kitchen window", "Open day in the workshop", "A magazine article",
    "Found by chance", "Neighbour's front door", "The fair in spring", "Looked for a repair",
)  # fmt: skip
REFERRERS = (
    None, None, "https://search.example.com/", "https://pins.example.net/glass",
    "https://news.example.org/homes", "https://social.example.com/",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def slots(dice: random.Random, piece: str, first: str, city: str, me: str) -> dict[str, str]:
    """What fills the gaps of one talk or note; the same answers stand in all its lines."""
    name, price = PIECES[piece]
    return {
        "piece": name,
        "first": first,
        "city": city,
        "me": me,
        "size": f"{dice.randrange(30, 180, 2)} × {dice.randrange(40, 220, 5)}",
        "weekday": dice.choice(WEEKDAYS),
        "weeks": str(dice.randint(3, 12)),
        "days": str(dice.randint(3, 9)),
        "price": str(price + dice.randrange(0, 400, 20)),
        "year": str(dice.randint(1880, 1935)),
    }
