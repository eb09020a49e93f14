"""The local engine behind an OpenAI-compatible chat route on loopback, for peers that ask a server (`peers.py`).

    Loopback(model).url ──▶ POST /v1/chat/completions: greedy (temperature 0) and drawn replies, with log-probabilities

What is asked within `GATHER` seconds is run as one batch. Equal requests of one batch that are to be drawn become
samples of one prompt; each such prompt costs one greedy row that nobody asked for. No lists of likeliest tokens, no
streaming, no other route. A seed that a request names is not obeyed: each batch draws anew.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from knowwhen import Message
from knowwhen.models._plan import Job
from knowwhen.models._rows import Reply
from knowwhen.models.local import LocalModel

GATHER = 0.2  # seconds
_Answer = Future[dict[str, Any]]
_Asked = tuple[dict[str, Any], _Answer]


class _Listener(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


class Loopback:
    def __init__(self, model: LocalModel) -> None:
        self.model, self.waiting, self.batches = model, queue.SimpleQueue[_Asked | None](), 0
        waiting = self.waiting

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                answer = _Answer()
                waiting.put((json.loads(self.rfile.read(int(self.headers["Content-Length"]))), answer))
                try:
                    status, found = 200, answer.result()
                except Exception as error:
                    status, found = 500, {"error": {"message": str(error)}}
                payload = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                pass

        self.listener = _Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_port}/v1"
        for work in (self.listener.serve_forever, self._serve):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        self.waiting.put(None)
        self.listener.shutdown()
        self.listener.server_close()

    def _serve(self) -> None:
        while (first := self.waiting.get()) is not None:
            batch = [first]
            try:
                while (more := self.waiting.get(timeout=GATHER)) is not None:
                    batch.append(more)
                self.waiting.put(None)  # Closing: this batch is the last.
            except queue.Empty:
                pass
            try:
                self._answer(batch)
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)

    def _answer(self, batch: Sequence[_Asked]) -> None:
        groups: dict[float, dict[tuple[tuple[int, ...], int], list[_Answer]]] = {}
        for body, answer in batch:
            ids = self.model.talk.tokens([Message(m["role"], m["content"]) for m in body["messages"]])
            tokens = body.get("max_completion_tokens") or body["max_tokens"]
            groups.setdefault(float(body.get("temperature", 1)), defaultdict(list))[ids, tokens].append(answer)
        for temperature, group in groups.items():
            waiting = list(group.values())
            jobs = [Job(ids, n, samples=len(same) if temperature else 0) for (ids, n), same in group.items()]
            self.batches += 1  # As the seed, so that what is asked once more is drawn anew.
            for k, done in self.model.engine.run(jobs, temperature=temperature or 1.0, seed=self.batches):
                replies = done.samples if temperature else [done.reply] * len(waiting[k])
                for answer, reply in zip(waiting[k], replies, strict=True):
                    answer.set_result(self._completion(reply, jobs[k].prompt))

    def _completion(self, reply: Reply, prompt: tuple[int, ...]) -> dict[str, Any]:
        parts = [self.model.tokenizer.decode([token]) for token in reply.tokens]
        content = [
            {"token": part, "logprob": logprob, "bytes": None, "top_logprobs": []}
            for part, logprob in zip(parts, reply.logprobs, strict=True)
        ]
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": self.model.talk.text(reply, prompt)[1]},
            "finish_reason": "stop" if reply.ended else "length",
            "logprobs": {"content": content},
        }
        return {
            "id": "loopback",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.model.name,
            "choices": [choice],
            "usage": {
                "prompt_tokens": len(prompt),
                "completion_tokens": len(parts),
                "total_tokens": len(prompt) + len(parts),
            },
        }
