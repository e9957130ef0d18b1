"""A scene outlives the loading of its page: the tab itself keeps it, for as long as it is open."""

from __future__ import annotations

import json
import secrets

from nicegui import Client

from trivium.lab.scene import Scene

_KEY = f"trivium-lab-{secrets.token_hex(8)}"
"""Where tabs keep scenes of this server: those of another one, at the same port, are not ours."""
_READ = f"""(() => {{
  window.onhashchange = () => window.location.reload();
  const kept = JSON.parse(sessionStorage.getItem("{_KEY}") ?? "null");
  const hash = window.location.hash;
  return kept?.hash === hash ? [kept.scene, true] : [hash, false];
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

    def keep(self, scene: Scene) -> None:
        """Have the tab keep a scene, where it is not the one that it was given last."""
        if scene is self._last:
            return
        self._last = scene
        value = f"{{hash: window.location.hash, scene: {json.dumps(scene.to_fragment())}}}"
        self._client.run_javascript(f'sessionStorage.setItem("{_KEY}", JSON.stringify({value}))')

    async def read(self) -> tuple[str, bool]:
        """Return the end of a link that a tab begins with, and whether the tab has kept it.

        Empty where there is none: the tab is new, and its address has no such end.
        """
        try:
            found = await self._client.run_javascript(_READ, timeout=10)
        except TimeoutError:
            return "", False
        text, kept = found if isinstance(found, list) and len(found) == 2 else ("", False)
        return (text.removeprefix("#"), kept is True) if isinstance(text, str) else ("", False)
