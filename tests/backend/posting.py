"""A batch with a worker that sends, for tests of messages to candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from backend.db.delivery_models import DeliveryRow
from backend.db.models import Batch
from backend.runtime import Runtime, open_runtime
from backend.sending.outcome import Channel, Template
from backend.sending.settings import Sending
from backend.sending.worker import Sender
from backend.services import batches, candidates, deliveries
from backend.services.candidates import Person
from backend.services.deliveries import Order, Which
from tests.backend.mailbox import Mailbox
from tests.backend.world import COMMAND_LINE, Clock, organisation, wait_until

FROM = "hr@organisation.test"
MAIL = (Channel.MAIL,)


def plain(box: Mailbox, **more: object) -> Sending:
    return Sending(smtp_host=box.host, smtp_port=box.port, smtp_security="none", smtp_from=FROM, **more)  # type: ignore[arg-type]


class Place:
    """An organisation with a batch, and a worker that sends."""

    def __init__(self, folder: Path, sending: Sending) -> None:
        self.clock = Clock()
        if not folder.exists():
            organisation(folder).close()
        self.hr = open_with(folder, sending, self.clock)
        self.batch = new_batch(self.hr)
        self.sender = Sender(self.hr)
        self.sender.start()

    def close(self) -> None:
        self.sender.stop()
        self.hr.close()

    def invite(self, *people: Person) -> list[str]:
        with self.hr.db.write() as session, self.hr.cabinet.together():
            batch = session.get_one(Batch, self.batch)
            return [candidates.invite(self.hr, session, batch, person).id for person in people]

    def send(self, *channels: Channel, which: Which = Which.NEW, **more: object) -> deliveries.Planned:
        order = Order(channels or MAIL, which, **more)  # type: ignore[arg-type]
        planned = deliveries.send(self.hr, COMMAND_LINE, self.batch, order)
        self.sender.wake()
        return planned

    def states(self, template: Template = Template.INVITATION) -> Counter[str]:
        with self.hr.db.read() as session:
            rows = session.scalars(select(DeliveryRow.state).where(DeliveryRow.template == template.value))
            return Counter(rows)

    def row(self, invitation: str) -> DeliveryRow:
        with self.hr.db.read() as session:
            query = select(DeliveryRow).where(DeliveryRow.invitation_id == invitation)
            return session.scalars(query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.round.desc())).all()[0]

    def settle(self) -> None:
        wait_until(lambda: not set(self.states()) & {"queued", "sending"})

    def advance(self, span: timedelta) -> None:
        self.clock.ahead += span
        self.sender.wake()


def open_with(folder: Path, sending: Sending, clock: Clock) -> Runtime:
    from backend.settings import Settings

    return open_runtime(Settings(data=folder, sending=sending), now=clock)


def new_batch(hr: Runtime) -> str:
    now = hr.now()
    return batches.add_batch(
        hr,
        COMMAND_LINE,
        kit_id="test",
        title="Batch",
        not_before=now - timedelta(hours=1),
        not_after=now + timedelta(days=10),
    )


@contextmanager
def place(folder: Path, sending: Sending) -> Iterator[Place]:
    with closing(Place(folder / "data", sending)) as found:
        yield found


def person(number: int, **more: str) -> Person:
    return Person(
        f"候选人{chr(0x4E00 + number)}",
        **{"email": f"c{number}@example.test", "phone": f"138{number:08d}", **more},  # type: ignore[arg-type]
    )
