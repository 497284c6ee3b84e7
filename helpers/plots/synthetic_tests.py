"""The figure of lesson 10, which calls kill which mutants, and the server that plays a large model there."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from helpers.plots.base import PALETTE, style


def kills(observed, mutants):
    """A figure of a grid: a row for each call, a column for each mutant, filled where the call kills it.

    observed: list of `testgen.observe.Observed`. mutants: how many there are.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7.4, 0.6 + 0.24 * len(observed)))
    for place, one in enumerate(observed):
        axes.scatter(sorted(one.killed), [place] * len(one.killed), marker="s", s=60, color=PALETTE[0])
    axes.set(yticks=range(len(observed)), yticklabels=[one.call for one in observed], xlabel="mutant")
    axes.set_xlim(-0.7, mutants - 0.3)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    figure.tight_layout()
    return figure


def kills_in_words(observed, mutants):
    """What `kills` shows, as alt text."""
    calls = ", ".join(f"{one.call} {len(one.killed)}" for one in observed)
    return f"A grid of calls and {mutants} mutants, filled where a call kills a mutant. Kills of each call: {calls}."


@contextlib.contextmanager
def pretended_server(answer, refuses=3):
    """The address of a server on this machine that answers every chat with `answer`, and refuses some.

    refuses: every how many-th request. It speaks as much of OpenAI's protocol as `testgen.Endpoint` needs, and listens
    on the loopback address only.
    """

    class Handler(BaseHTTPRequestHandler):
        count = 0

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            Handler.count += 1
            refused = Handler.count % refuses == 0
            message = {"message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
            said = {"error": {"message": "busy"}} if refused else {
                "choices": [message], "usage": {"prompt_tokens": 100, "completion_tokens": 30},
            }  # fmt: skip
            body = json.dumps(said).encode()
            self.send_response(429 if refused else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
