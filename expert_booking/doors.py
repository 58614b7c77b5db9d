"""Every door of the house: what each HTTP route and each click does, in the words of the table in `roles`.

Who may go through is said there, once, and asked by `access.require` behind the door. A test walks through all routes
of the running application and all handlers of its pages, and fails on one that is not named here; another one goes to
every route as everybody.
"""

from expert_booking.roles import Action

ROUTES: dict[str, Action] = {
    # pages
    "GET /": Action.BROWSE,
    "GET /experts/{expert_id}": Action.BROWSE,
    "GET /bookings/{manage_token}": Action.OPEN,
    "GET /bookings/{manage_token}/calendar.ics": Action.OPEN,
    "GET /my-bookings": Action.SIGN_IN,  # to whoever has proved nothing it is the form; see "read" among the clicks
    "GET /my-bookings/data": Action.EXPORT,
    "POST /my-bookings/erase": Action.ERASE,
    "GET /workspace": Action.WORK,
    "GET /requests/{booking_id}/{token}": Action.ANSWER,
    "GET /workspace/hours": Action.WORK,
    "GET /workspace/profile": Action.WORK,
    "POST /workspace/profile/picture": Action.WORK,
    "GET /sign-in": Action.SIGN_IN,
    "POST /sign-in": Action.SIGN_IN,
    "POST /sign-in/verify": Action.SIGN_IN,
    "POST /sign-out": Action.LEAVE,
    # the waiting list; a place in line is opened by its link, and by nothing else
    "GET /experts/{expert_id}/waiting": Action.WAIT,
    "POST /waiting": Action.WAIT,
    "GET /waiting/{token}": Action.WAIT,
    "GET /workspace/calendars": Action.WORK,
    "POST /workspace/calendars/file": Action.WORK,
    "GET /feeds/{feed}.ics": Action.FEED,
    # those who run the house
    "GET /admin/operations": Action.RUN,
    "GET /admin/figures/{name}.csv": Action.RUN,
    "GET /admin/webhooks": Action.RUN,
    "GET /admin/tokens": Action.RUN,
    # what pages are made of
    "GET /house.css": Action.BROWSE,
    "GET /house.js": Action.BROWSE,
    "GET /work.css": Action.BROWSE,
    "GET /work.js": Action.BROWSE,
    "GET /nicegui.js": Action.BROWSE,
    "GET /platform.css": Action.BROWSE,
    "GET /static/{path:path}": Action.BROWSE,
    "GET /pictures/{digest}-{size}.webp": Action.BROWSE,
    "GET /favicon.ico": Action.BROWSE,
    "GET /favicon.svg": Action.BROWSE,
    "GET /apple-touch-icon.png": Action.BROWSE,
    "GET /manifest.webmanifest": Action.BROWSE,
    # what others show of it
    "GET /robots.txt": Action.BROWSE,
    "GET /sitemap.xml": Action.BROWSE,
    "GET /sitemap/{part}.xml": Action.BROWSE,
    "GET /share/experts/{expert_id}.png": Action.BROWSE,
    "GET /share/house/{language}.png": Action.BROWSE,
    "GET /share/icons/{shape}-{size}.png": Action.BROWSE,
    # the API
    "GET /api/experts": Action.BROWSE,
    "GET /api/experts/{expert_id}": Action.BROWSE,
    "GET /api/experts/{expert_id}/events": Action.BROWSE,
    "GET /api/categories": Action.BROWSE,
    "POST /api/experts/{expert_id}/slots/{slot_id}/hold": Action.HOLD,
    "DELETE /api/experts/{expert_id}/slots/{slot_id}/hold": Action.LET_GO,
    "POST /api/experts/{expert_id}/book": Action.BOOK,
    "GET /api/bookings": Action.LIST,
    "POST /api/bookings/{booking_id}/cancel": Action.CANCEL,
    "POST /api/bookings/{booking_id}/reschedule": Action.RESCHEDULE,
    "DELETE /api/bookings/{booking_id}": Action.DELETE,
    "PATCH /api/bookings/{booking_id}/status": Action.MOVE_ON,
    "POST /api/sign-in": Action.SIGN_IN,
    "POST /api/sign-in/verify": Action.SIGN_IN,
    "POST /api/sign-out": Action.SIGN_OUT,
    "GET /api/me/export": Action.EXPORT,
    "POST /api/me/erase": Action.ERASE,
    "GET /openapi.json": Action.BROWSE,
    # for whoever watches the process
    "GET /healthz": Action.PROBE,
    "GET /readyz": Action.PROBE,
    "GET /metrics": Action.MEASURE,
    # NiceGUI's own: its scripts, and the line over which a page hears of clicks, of which each is asked for itself
    "MOUNT /_nicegui/{version}/static": Action.BROWSE,
    "GET /_nicegui/{version}/libraries/{key:path}": Action.BROWSE,
    "GET /_nicegui/{version}/components/{key:path}": Action.BROWSE,
    "GET /_nicegui/{version}/resources/{key}/{path:path}": Action.BROWSE,
    "GET /_nicegui/{version}/dynamic_resources/{name}": Action.BROWSE,
    "GET /_nicegui/{version}/esm/{key}/{path:path}": Action.BROWSE,
    "MOUNT /_nicegui_ws": Action.CHOOSE,
    # in development only
    "GET /styleguide": Action.DEVELOP,
    "GET /dev/outbox": Action.DEVELOP,
    "GET /dev/outbox/{digest}": Action.DEVELOP,
    "GET /dev/outbox/{digest}/invite.ics": Action.DEVELOP,
}
"""By method and path as they are declared; `HEAD` is `GET` without the body."""

CLICKS: dict[str, tuple[Action, ...]] = {
    # the list of experts
    "components.expert_browser on input": (Action.BROWSE,),
    "components.expert_browser on_pick self._pick": (Action.BROWSE,),
    "components.finder pick {key}": (Action.BROWSE,),
    "components.instead_of_cards pick {pick}": (Action.BROWSE,),
    "components.pager pick page={to}": (Action.BROWSE,),
    "experts on address_changed": (Action.BROWSE,),
    # an expert's page: the calendar, the hold and the form
    "components.calendar_heading pick earlier": (Action.CHOOSE,),
    "components.calendar_heading pick later": (Action.CHOOSE,),
    "components.calendar_heading pick zone": (Action.CHOOSE,),
    "components.calendar_heading pick {span}": (Action.CHOOSE,),
    "components.slot_grid on_pick self._turn_or_switch": (Action.CHOOSE,),
    "components.session_types pick {key}": (Action.CHOOSE,),
    "components.slot_grid on_pick self._choose_type": (Action.CHOOSE,),
    "components.slot_grid on_pick self._show_day": (Action.CHOOSE,),
    "live.calendar pick {on}": (Action.CHOOSE,),
    "live.calendar pick next {on}": (Action.CHOOSE,),
    "live.slot_look pick {key}": (Action.HOLD,),
    "components.slot_grid on_pick self._pick_or_jump": (Action.HOLD,),
    "components.booking_panel pick {slot}": (Action.HOLD,),
    "components.booking_panel pick {pick}": (Action.HOLD, Action.LET_GO),
    "components.booking_panel on_pick self._picked": (Action.HOLD, Action.LET_GO),
    "components.booking_panel pick let-go": (Action.LET_GO,),
    "components.booking_form pick let-go": (Action.LET_GO,),
    "components.booking_form on click": (Action.LET_GO,),
    "components.booking_desk on arrived": (Action.HOLD,),  # and goes to what this very browser has booked
    "components.booking_form on focusout": (Action.CHOOSE,),
    "components.booking_form on input": (Action.CHOOSE,),
    "components.booking_form on submit": (Action.BOOK,),
    "components.booking_panel on_submit": (Action.BOOK,),
    # a booking's own page
    "booking pick {pick}": (Action.CANCEL, Action.DELETE, Action.RESCHEDULE),
    "booking on_pick self._picked": (Action.CANCEL, Action.DELETE, Action.RESCHEDULE),
    # moving a booking, on its own page and in My bookings
    "components.rescheduling pick to:{slot}": (Action.CHOOSE,),
    "components.rescheduling pick {pick}": (Action.RESCHEDULE,),
    "components.rescheduling on_pick self._picked": (Action.RESCHEDULE,),
    "components.rescheduling on hide": (Action.CHOOSE,),
    # My bookings
    "my_bookings on submit": (Action.LIST,),  # in an open house only
    "components.timeline pick again": (Action.LIST,),
    "components.timeline pick more:{key}": (Action.CHOOSE,),
    "components.session_card pick {verb}:{key}": (Action.CANCEL, Action.DELETE, Action.RESCHEDULE, Action.SEE),
    "components.session_card pick undo:{key}": (Action.DELETE,),
    "components.booking_list on_pick self._picked": (
        Action.LIST,
        Action.CANCEL,
        Action.DELETE,
        Action.RESCHEDULE,
        Action.SEE,
    ),
    # an expert's hours and profile
    "workspace.hours on input": (Action.WORK,),
    "workspace.hours on submit": (Action.WORK,),
    "workspace.hours pick mine": (Action.WORK,),
    "workspace.hours on_pick self._picked": (Action.WORK,),
    "workspace.profile on input": (Action.WORK,),
    "workspace.profile on submit": (Action.WORK,),
    "workspace.profile on change": (Action.WORK,),
    "workspace.profile pick no-picture": (Action.WORK,),
    "workspace.profile on_pick self._picked": (Action.WORK,),
    # an expert's other calendars
    "workspace.calendars pick new-address": (Action.WORK,),
    "workspace.calendars pick read:{id}": (Action.WORK,),
    "workspace.calendars pick remove:{id}": (Action.WORK,),
    "workspace.calendars on_pick self._picked": (Action.WORK,),
    "workspace.calendars on submit": (Action.WORK,),
    "workspace.calendars on change": (Action.WORK,),
    # the waiting list
    "waiting.place pick take": (Action.WAIT,),
    "waiting.place pick decline": (Action.WAIT,),
    "waiting.place pick leave": (Action.WAIT,),
    "waiting.place on_pick self._picked": (Action.WAIT,),
    "components.wishes pick unwait:{key}": (Action.WAIT,),
    "components.wishes on_pick self._picked": (Action.WAIT,),
    # an expert's day and week
    "workspace.week pick day:{on}": (Action.CHOOSE,),
    "workspace.week pick earlier": (Action.CHOOSE,),
    "workspace.week pick later": (Action.CHOOSE,),
    "workspace.week pick today": (Action.CHOOSE,),
    "workspace.week pick open:{id}": (Action.WORK,),
    "workspace.today on_pick self._turned": (Action.WORK,),
    "workspace.today on_pick self._picked": (Action.WORK, Action.MOVE_ON),
    "workspace.agenda pick open:{id}": (Action.WORK,),
    "workspace.agenda pick confirm:{id}": (Action.MOVE_ON,),
    "workspace.agenda pick decline:{id}": (Action.MOVE_ON,),
    "workspace.booking_pane pick {pick}": (Action.MOVE_ON, Action.CANCEL, Action.RESCHEDULE),
    "workspace.booking_pane pick move:{id}": (Action.RESCHEDULE,),
    "workspace.booking_pane pick keep-time": (Action.WORK,),
    "workspace.booking_pane pick close": (Action.WORK,),
    "workspace.booking_pane on_pick self._picked": (Action.WORK, Action.MOVE_ON, Action.CANCEL, Action.RESCHEDULE),
    "workspace.booking_pane on submit": (Action.WORK,),  # the notes
    "workspace.booking_pane on hide": (Action.CHOOSE,),
    "workspace.message_question on submit": (Action.CHOOSE,),  # the answer to a question about what was asked for
    "workspace.message_question on hide": (Action.CHOOSE,),
    # a request, from its mail
    "workspace.answering pick confirm": (Action.CHOOSE,),  # which of the two answers is ready to be pressed
    "workspace.answering pick decline": (Action.CHOOSE,),
    "workspace.answering on_pick self._switched": (Action.CHOOSE,),
    "workspace.answering on submit": (Action.ANSWER,),
    # those who run the house
    "administration.operations pick mail:{key}": (Action.RUN,),
    "administration.operations pick days:{days}": (Action.RUN,),
    "administration.operations on_pick self._picked": (Action.RUN,),
    "administration.webhooks pick new": (Action.RUN,),
    "administration.webhooks pick log:{key}": (Action.RUN,),
    "administration.webhooks pick edit:{key}": (Action.RUN,),
    "administration.webhooks pick test:{key}": (Action.RUN,),
    "administration.webhooks pick rotate:{key}": (Action.RUN,),
    "administration.webhooks pick remove:{key}": (Action.RUN,),
    "administration.webhooks pick again:{key}": (Action.RUN,),
    "administration.webhooks on_pick self._picked": (Action.RUN,),
    "administration.webhooks on submit": (Action.RUN,),
    "administration.tokens pick new": (Action.RUN,),
    "administration.tokens pick revoke:{key}": (Action.RUN,),
    "administration.tokens on_pick self._picked": (Action.RUN,),
    "administration.tokens on submit": (Action.RUN,),
    # on every page
    "components.zone_picker on click": (Action.CHOOSE,),
    "components.zone_picker on input": (Action.CHOOSE,),
    "components.zone_picker on hide": (Action.CHOOSE,),
    "components.question on click": (Action.CHOOSE,),  # the answer to a question about what was asked for already
    "components.question on hide": (Action.CHOOSE,),
    "problems on click": (Action.CHOOSE,),
    "live.fragment on click": (Action.CHOOSE,),  # how all picks come in; each is named with its handler
    "limits.lines on event": (Action.CHOOSE,),  # the line itself
    # in development only
    "styleguide pick {pick}": (Action.DEVELOP,),
    "styleguide on_pick lambda pick: _call(pick, reader)": (Action.DEVELOP,),
}
"""What a page listens to: by the module under `pages`, and the event, the handler or the word that a click brings."""
