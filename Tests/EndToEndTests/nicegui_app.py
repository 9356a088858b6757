"""A NiceGUI app for test_nicegui: its arguments are the port and the client's transports, separated by commas."""

import sys
from pathlib import Path

from nicegui import app, ui

port, transports = int(sys.argv[1]), sys.argv[2].split(",")
app.config.socket_io_js_transports = transports
app.add_static_files("/files", Path(__file__).parent)


@ui.page("/")
def page():
    seen = ui.label("nothing yet").classes("seen")
    clicks = iter(range(1, 1000))
    ui.button("count", on_click=lambda: seen.set_text(f"{next(clicks)} clicks")).classes("count")
    ui.input("name", on_change=lambda change: greeting.set_text(f"hello {change.value}")).classes("name")
    greeting = ui.label("").classes("greeting")
    ticks = ui.label("").classes("ticks")
    numbers = iter(range(1, 100_000))
    ui.timer(0.1, lambda: ticks.set_text(str(next(numbers))))


ui.run(host="127.0.0.1", port=port, show=False, reload=False, show_welcome_message=False, title="through Siphon")
