"""What a figure without turns says: told line by line as it is found, and kept as a section."""

import sys
from dataclasses import dataclass, field


@dataclass(slots=True)
class Page:
    """A figure's section of the document."""

    name: str
    title: str
    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Tell something, at once and in the document."""
        self.note(text)
        self.lines += text.splitlines()

    def note(self, text: str) -> None:
        """Tell how far it has come, and leave it out of the document."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def section(self, context: str) -> list[str]:
        """Give it as Markdown, its lines as they were told."""
        told = "\n".join(self.lines).strip("\n").splitlines()
        return [f"## {self.name}: {self.title}", "", context, "", "```text", *told, "```", ""]
