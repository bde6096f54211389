"""What is told, when it is told again, what may be muted, and where it may be sent."""

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.calendar import WorkingDays
from shared.rules import Check, Kind, Rule

LINKED: Final = Rule("A135", "五(一)")
# A reminder comes this many working days before the last day, and again once it has passed.
REMIND_WORKING_DAYS: Final = 3
# A daily letter goes out from this hour of Shanghai on.
DAILY_HOUR: Final = 8
# Letters with a code, so that nobody fills somebody else's box from here.
MOST_CODES: Final = 5
CODES_WITHIN: Final = timedelta(days=1)
MOST_GUESSES: Final = 5
# Lines of one letter; what is beyond them is counted, and stands in the list itself.
MOST_LINES: Final = 100
MOST_MUTED: Final = 50
# Letters that could not be sent, in a row, after which a channel rests until it is set anew.
MOST_FAILURES: Final = 5

ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,253}\Z)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


class ChannelKind(StrEnum):
    """How letters travel."""

    SMTP = "smtp"
    WEBHOOK = "webhook"


class Pace(StrEnum):
    """When letters go out: with each new item, or once a day with all of them."""

    AT_ONCE = "at_once"
    DAILY = "daily"


class ChannelState(StrEnum):
    """Whether letters go out: only once its code came back, until they fail in a row."""

    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    FAILING = "failing"


class NoticeStage(StrEnum):
    """Why an item is told now."""

    NEW = "new"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


class NoticeState(StrEnum):
    """What became of an item."""

    WAITING = "waiting"
    TOLD = "told"
    MUTED = "muted"
    DROPPED = "dropped"


class LetterState(StrEnum):
    """How far a letter has come; `handed` is the moment in which nobody can know."""

    WAITING = "waiting"
    HANDED = "handed"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for somebody, as his list of tasks has it."""

    kind: str
    subject_id: UUID
    center_id: UUID | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Told:
    """An item as a letter tells it."""

    stage: NoticeStage
    title: str
    rule: str
    clause: str
    due_on: date | None
    method: str
    href: str


def stage_on(due_on: date | None, today: date, calendar: WorkingDays) -> NoticeStage:
    """Tell why an item is to be told on a day: it is new, its last day is near, or it is over."""
    if due_on is None:
        return NoticeStage.NEW
    if today > due_on:
        return NoticeStage.OVERDUE
    near = calendar.between(today, due_on) <= REMIND_WORKING_DAYS
    return NoticeStage.DUE_SOON if near else NoticeStage.NEW


def is_muted(kind: str, stage: NoticeStage, muted: Collection[str]) -> bool:
    """Tell whether an item is left out: a last day that comes or has passed is always told."""
    return stage is NoticeStage.NEW and kind in muted


def channel_checks(
    kind: ChannelKind, address: str, *, offered: Collection[ChannelKind], codes: int
) -> list[Check]:
    """Check that a channel is offered here, its address can be one, and codes are not too many."""
    fit = kind is ChannelKind.WEBHOOK or ADDRESS.fullmatch(address) is not None
    return [
        LINKED.check(
            "FIELD_INVALID", Kind.CONTENT, passed=fit, pointer="/address", field="address"
        ),
        LINKED.check("CHANNEL_NOT_OFFERED", Kind.STATE, passed=kind in offered, pointer="/kind"),
        LINKED.check("CODES_TOO_MANY", Kind.STATE, passed=codes < MOST_CODES, most=MOST_CODES),
    ]


def confirmation_checks(state: ChannelState, guesses: int, *, right: bool) -> list[Check]:
    """Check the code that a channel's first letter held; too many wrong ones void it."""
    open_still = state is ChannelState.UNCONFIRMED
    return [
        LINKED.check("STATE_CONFLICT", Kind.STATE, passed=open_still),
        LINKED.check(
            "CODE_WRONG",
            Kind.CONTENT,
            passed=not open_still or (right and guesses <= MOST_GUESSES),
            pointer="/code",
        ),
    ]


def code_of(key_secret: str, channel_id: UUID, version: int) -> str:
    """Derive the code of a channel as it is now; eight digits, and five guesses at most."""
    said = b"notice channel\n" + channel_id.bytes + version.to_bytes(8, "big")
    number = int.from_bytes(hmac.digest(key_secret.encode(), said, "sha256")[:8], "big")
    return f"{number % 10**8:08d}"


WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "code_subject": "制创：确认通知地址",
        "code_body": "确认码：{code}\n\n请在设置通知渠道时填写此确认码。"
        "若非本人操作，请忽略本邮件。\n",
        "subject": "制创：{count} 项待办",
        "intro": "以下事项等待您办理：",
        "new": "新",
        "due_soon": "即将到期",
        "overdue": "已逾期",
        "due": "，最后办理日 {due_on}",
        "rule": "依据 {rule}（{clause}）",
        "more": "另有 {more} 项，请查看待办列表。",
        "end": "全部待办：GET /v1/me/tasks。通知设置：/v1/me/notice-channel。",
    },
    "en": {
        "code_subject": "Zhichuang: confirm where notices go",
        "code_body": "Code: {code}\n\nGive it back where you set up your notices. "
        "If that was not you, do nothing.\n",
        "subject": "Zhichuang: {count} tasks",
        "intro": "These tasks wait for you:",
        "new": "new",
        "due_soon": "due soon",
        "overdue": "overdue",
        "due": ", last day {due_on}",
        "rule": "rule {rule} ({clause})",
        "more": "{more} more stand in your list of tasks.",
        "end": "All tasks: GET /v1/me/tasks. Settings: /v1/me/notice-channel.",
    },
}


def code_letter(code: str, language: str) -> tuple[str, str]:
    """Give subject and text of the letter that asks whether an address is the right one."""
    words = WORDS[language]
    return words["code_subject"], words["code_body"].format(code=code)


def letter_of(items: Iterable[Told], language: str) -> tuple[str, str]:
    """Give subject and text of a letter; neither names a person, nor holds more than the list."""
    words, all_items = WORDS[language], list(items)
    lines = [line for item in all_items[:MOST_LINES] for line in _lines(item, words)]
    more = len(all_items) - MOST_LINES
    if more > 0:
        lines += [words["more"].format(more=more), ""]
    text = "\n".join([words["intro"], "", *lines, words["end"], ""])
    return words["subject"].format(count=len(all_items)), text


def _lines(item: Told, words: Mapping[str, str]) -> list[str]:
    due = "" if item.due_on is None else words["due"].format(due_on=item.due_on)
    return [
        f"[{words[item.stage]}] {item.title}{due}",
        words["rule"].format(rule=item.rule, clause=item.clause),
        f"{item.method} {item.href}",
        "",
    ]
