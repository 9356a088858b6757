"""A program at a terminal: a pty, what is on its screen, and keys to press."""

from __future__ import annotations

import os
import re
import select
import struct
import subprocess
import termios
import threading
import time
import unicodedata
from fcntl import ioctl

from processes import CRASH, PATIENCE

CONTROL = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")


class Screen:
    """As much of a terminal as the program uses: text, line ends, the cursor's way, erasing below and colours."""

    def __init__(self, columns: int):
        self.columns = columns
        self.rows: list[list[str]] = [[]]
        self.row = self.column = 0
        #: Whatever came that is none of that.
        self.strange: list[str] = []
        self._rest = ""

    def write(self, text: str):
        text = self._rest + text
        self._rest = ""
        index = 0
        while index < len(text):
            character = text[index]
            if character == "\x1b":
                found = CONTROL.match(text, index)
                if not found:
                    if re.fullmatch(r"\x1b(\[[?0-9;]*)?", text[index:]):
                        self._rest = text[index:]
                        return
                    self.strange.append(text[index : index + 10])
                    index += 1
                    continue
                self._control(found[1], found[2])
                index = found.end()
                continue
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self._down()
            elif unicodedata.category(character).startswith("C"):
                self.strange.append(character)
            else:
                self._put(character)
            index += 1

    def _down(self):
        self.row += 1
        while len(self.rows) <= self.row:
            self.rows.append([])

    def _control(self, parameters: str, final: str):
        number = int(parameters) if parameters.isdigit() else 1
        if final == "A":
            assert number <= self.row, "the cursor would leave the screen"
            self.row -= number
        elif final == "C":
            self.column = min(self.columns - 1, self.column + number)
        elif final == "J" and not parameters:
            del self.rows[self.row + 1 :]
            del self.rows[self.row][self.column :]
        elif final == "J":
            self.rows, self.row, self.column = [[]], 0, 0
        elif final not in "mHhl":
            self.strange.append(f"{parameters}{final}")

    def _put(self, character: str):
        if unicodedata.combining(character):
            if self.column:
                self.rows[self.row][self.column - 1] += character
            return
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > self.columns:
            self.column = 0
            self._down()
        row = self.rows[self.row]
        while len(row) < self.column + width:
            row.append(" ")
        row[self.column] = character
        if width == 2:
            row[self.column + 1] = ""
        self.column += width

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.rows]

    @property
    def cursor(self) -> str:
        """The row of the cursor, with `|` where it is."""
        row = self.rows[self.row] + [" "] * self.column
        return "".join(row[: self.column] + ["|"] + row[self.column :]).rstrip()


class AtTerminal:
    """A program whose standard input, output and errors are one terminal."""

    def __init__(self, command: list[str], columns: int = 100, rows: int = 30, environment: dict | None = None):
        controller, terminal = os.openpty()
        ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "LANG", "LC_ALL")}
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            env={**clean, "TERM": "xterm", **(environment or {})},
        )  # fmt: skip
        self._controller, self._terminal = controller, terminal
        self.screen = Screen(columns)
        self.text = ""
        self._changed = threading.Condition()
        self._ends, self._ending = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        import codecs

        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            ready, _, _ = select.select([self._controller, self._ends], [], [])
            if self._controller not in ready:
                return
            text = decoder.decode(os.read(self._controller, 1 << 16))
            with self._changed:
                self.text += text
                self.screen.write(text)
                self._changed.notify_all()

    def type(self, text: str):
        os.write(self._controller, text.encode())

    def wait(self, check, timeout: float = 10, what: str = "it"):
        """Waits until `check(screen)` returns something true, and returns that."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self._changed:
            while not (value := check(self.screen)):
                left = deadline - time.monotonic()
                assert left > 0, f"{what} did not show; on the screen:\n" + "\n".join(self.screen.lines)
                self._changed.wait(left)
            return value

    def wait_for(self, pattern: str, timeout: float = 10) -> str:
        """The first line on the screen in which the pattern is found."""

        def found(screen):
            return next((line for line in screen.lines if re.search(pattern, line)), None)

        return self.wait(found, timeout, pattern)

    def wait_for_cursor(self, row: str):
        self.wait(lambda screen: screen.cursor == row, what=row)

    def resize(self, columns: int, rows: int):
        with self._changed:
            self.screen.columns = columns
        ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def is_cooked(self) -> bool:
        """Whether the terminal is as a shell expects it."""
        flags = termios.tcgetattr(self._terminal)[3]
        return all(flags & flag for flag in (termios.ICANON, termios.ECHO, termios.ISIG))

    def end(self, timeout: float = 8) -> int:
        return self.process.wait(timeout * PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.write(self._ending, b"x")
        self._thread.join(5)
        for descriptor in (self._controller, self._terminal, self._ends, self._ending):
            os.close(descriptor)
        assert not CRASH.search(self.text), self.text[-2000:]
        assert not self.screen.strange, self.screen.strange
