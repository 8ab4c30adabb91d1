"""The pages that the server itself serves: the live page, the demo shop, the visitor script.

Every page is served under the policy of `edge.py`, which allows nothing from elsewhere and nothing
inline.
"""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from resolvers.services import Services
from resolvers.sites import first_site_key

WEB = Path(__file__).parent / "web"


async def home(request: Request) -> Response:
    """The live page is the way in until there is an application of its own."""
    return RedirectResponse("/live")


async def live(request: Request) -> Response:
    """The live page."""
    return _fresh(FileResponse(WEB / "live" / "index.html"))


async def demo_site(request: Request) -> Response:
    """A page of the pretend shop, with the key of the first site."""
    services: Services = request.app.state.services
    key = await first_site_key(services.database)
    if key is None:
        raise HTTPException(404, "There is no site yet: make one with saveSite.")
    html = (WEB / "demo-site" / "index.html").read_text(encoding="utf-8")
    return _fresh(HTMLResponse(html.replace("__SITE_KEY__", key)))


def _fresh(response: Response) -> Response:
    response.headers["cache-control"] = "no-store"
    return response


def page_routes() -> list[BaseRoute]:
    """Routes of all pages."""
    return [
        Route("/", home),
        Route("/live", live),
        Mount("/live/assets", StaticFiles(directory=WEB / "live")),
        Route("/demo-site", demo_site),
        Mount("/demo-site/assets", StaticFiles(directory=WEB / "demo-site")),
        Route("/demo-site/{page:path}", demo_site),
        Mount("/site", StaticFiles(directory=WEB / "site")),
    ]
