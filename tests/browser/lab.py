"""A person at JupyterLab: Chromium, driven by Playwright."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from course_tools.gradebook import ROOT
from lab_server import LabServer

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = ROOT / "build" / "screenshots"
SETTINGS = {
    # Every cell is in the page, also those out of sight.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
}
PATIENCE = 120_000  # milliseconds until something that has to come is missed
expect.set_options(timeout=PATIENCE)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 800, "height": 900}


def needs_browser() -> None:
    """Skip the calling module where there is no Chromium; on a CI with Linux, fail."""
    if not CHROMIUM.exists():
        reason = "There is no /usr/bin/chromium (Debian: apt install chromium)."
        if os.environ.get("CI") and sys.platform == "linux":
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A new Chromium."""
    needs_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def browser_page() -> Iterator[Page]:
    """An empty page of a new Chromium."""
    with chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(PATIENCE)
        yield page


class Lab:
    """JupyterLab in a browser, in the folder ``root``.

    Cells are meant by their id, which is that of the exercise where there is one.
    """

    def __init__(self, page: Page, root: Path, runtime: Path, *options: str, **variables: str):
        for name, values in SETTINGS.items():
            file = runtime / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        options = ("--LabApp.expose_app_in_browser=True", *options)
        self.server = LabServer(root, runtime, *options, **variables)
        self.page = page
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))

    def open(self, path: str) -> None:
        """Open a notebook, and nothing else, and wait until its kernel is there."""
        self.page.goto(f"{self.server.url}/lab/tree/{path}?token={self.server.token}&reset")
        self.wait_until_open()

    def wait_until_open(self) -> None:
        """Wait until the notebook in front has its cells and an idle kernel."""
        expect(self.page.locator(".jp-NotebookPanel:visible .jp-Cell").first).to_be_visible()
        self.page.wait_for_function(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")

    def do(self, command: str, **arguments: object) -> None:
        """Carry out a command of JupyterLab, as its menus do."""
        self.page.evaluate(
            "([command, given]) => jupyterapp.commands.execute(command, given)",
            [command, arguments],
        )

    def cell(self, name: str) -> Locator:
        """The cell with this id, made the active one and brought into sight."""
        place = self.page.evaluate(
            f"""name => {{
                const notebook = {PANEL}.content;
                const place = notebook.widgets.findIndex(cell => cell.model.id === name);
                notebook.deselectAll();
                notebook.activeCellIndex = place;
                return place;
            }}""",
            name,
        )
        assert place >= 0, f"no cell has the id {name}"
        found = self.page.locator(".jp-NotebookPanel:visible .jp-Cell").nth(place)
        found.scroll_into_view_if_needed()
        return found

    def write(self, name: str, code: str) -> None:
        """Replace what stands in a cell, at the keyboard."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def run(self, name: str, wait: bool = True) -> str:
        """Run a cell and return the text below it when it is done."""
        editor = self.cell(name).locator(".cm-content")
        if editor.is_visible():
            editor.click()
            self.page.keyboard.press("Shift+Enter")
        else:  # folded
            self.do("notebook:run-cell")
        if wait:
            self.wait()
        return self.output(name) if wait else ""

    def wait(self) -> None:
        """Wait until nothing runs, and nothing waits to run."""
        self.page.wait_for_function(
            f"""() => {PANEL}.content.widgets.every(cell => cell.model.type !== 'code'
                || !['running', 'scheduled'].includes(cell.model.executionState ?? 'idle'))
                && {PANEL}.sessionContext.session?.kernel?.status === 'idle'"""
        )

    def output(self, name: str) -> str:
        """The text below a cell, as it can be read on the page."""
        outputs = self.cell(name).locator(".jp-Cell-outputArea")
        return outputs.inner_text() if outputs.count() else ""

    def look(self, name: str, of: Locator | None = None) -> None:
        """Keep a screenshot under build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (of or self.page).screenshot(path=SCREENSHOTS / f"{name}.png")

    def close(self) -> None:
        """End the server."""
        self.server.close()


PANEL = "jupyterapp.shell.currentWidget"
"""The notebook in front, in the browser's JavaScript."""
