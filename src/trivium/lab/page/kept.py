"""A scene outlives the loading of its page: the tab itself keeps it, for as long as it is open."""

from __future__ import annotations

import asyncio
import json
import secrets

from nicegui import Client

from trivium.lab.page.sharing import MOST_BYTES
from trivium.lab.scene import Scene

_KEY = f"trivium-lab-{secrets.token_hex(8)}"
"""Where tabs keep scenes of this server: those of another one, at the same port, are not ours."""
_PATIENCE = 10  # seconds until a tab that does not answer is asked again
_REST = 0.2  # seconds without a change, after which a scene is kept
_READ = f"""(() => {{
  window.onhashchange = () => window.location.reload();
  const kept = JSON.parse(sessionStorage.getItem("{_KEY}") ?? "null");
  const hash = (window.labHash = window.location.hash);
  const found = kept?.hash === hash ? [kept.scene, true] : [hash, false];
  return found[0].length > {MOST_BYTES} ? [null, found[1]] : found;
}})()"""


class Kept:
    """What the tab of a client keeps.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._last: Scene | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    def keep(self, scene: Scene) -> None:
        """Have the tab keep a scene once it is at rest, where it is not the one kept last."""
        self._cancel()
        self._rest = asyncio.get_running_loop().call_later(_REST, self.keep_now, scene)

    def close(self) -> None:
        """Keep and read no more: the client is gone."""
        self._closed = True
        self._cancel()

    def _cancel(self) -> None:
        if self._rest is not None:
            self._rest.cancel()

    def keep_now(self, scene: Scene) -> None:
        """Have the tab keep a scene, where it is not the one that it was given last."""
        if scene is self._last:
            return
        self._last = scene
        value = f"{{hash: window.location.hash, scene: {json.dumps(scene.to_fragment())}}}"
        # Not under a link that has just been pasted: its scene is not shown yet.
        self._client.run_javascript(
            "if (window.labHash === window.location.hash) "
            f'sessionStorage.setItem("{_KEY}", JSON.stringify({value}))'
        )

    async def read(self) -> tuple[str, bool]:
        """Return the end of a link that a tab begins with, and whether the tab has kept it.

        Empty where there is none: the tab is new, and its address has no such end. A connection
        that is lost meanwhile is waited for: the scene of the tab would else be lost, too.

        Raises
        ------
        ValueError
            If it is longer than a message of the page's socket.
        """
        found = None
        while not self._closed:
            try:
                found = await self._client.run_javascript(_READ, timeout=_PATIENCE)
            except TimeoutError:
                continue
            break
        text, kept = found if isinstance(found, list) and len(found) == 2 else ("", False)
        if text is None:
            raise ValueError(f"This link is too long: a scene has at most {MOST_BYTES:,} bytes")
        return (text.removeprefix("#"), kept is True) if isinstance(text, str) else ("", False)
