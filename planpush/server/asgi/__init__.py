"""The ASGI adapter: gunicorn's event loop in front, Flask in a few threads behind it.

How a request flows
    1. gunicorn's worker (`event_loop.Worker`) parses the headers and calls `adapter.Adapter`.
    2. The adapter reads the body without a thread: up to 64 KB in memory, more on disk.
    3. A thread runs Flask (`wsgi_call.Call`) and returns with a chunk: all of a response whose
       length is known, or 256 KB of a stream. A larger chunk goes to disk, unless the disk is full.
    4. The adapter sends the chunk in slices of 64 KB without a thread. For the next chunk of a
       stream it takes a thread again.
    5. A handler that opens an event stream leaves a `Follower` in `environ`. The adapter then
       hands the connection to the hub (`planpush.live.hub`), which answers in a coroutine.
       A long poll is a request like any other and holds its thread.

What it guarantees
    - Slow clients hold no thread, and about 200 KB of memory. Open streams hold no thread.
    - A body must arrive within 300 seconds, and with no silence of 60 (gunicorn's `timeout`); else
      408. A client that takes no slice within 30 seconds is cut off. A connection without a first
      request, or one that was closed while its client reads no further, ends within 60 seconds.
    - Anonymous requests send at most 64 KB. Nobody sends more than `MAX_CONTENT_LENGTH`.
    - `/healthz` and `/readyz` have threads of their own, so they are answered while all others
      hang. After 30 seconds without a free thread, new requests get 503.
    - A request whose client leaves is not run if it still waits for a thread. If it runs, it runs
      to its end, and its response is closed then.
    - A process that stops finishes the requests that run, accepts what the kernel has queued for
      it, and tells clients by `Connection: close` that the next request goes elsewhere.

Why not a2wsgi
    We tried `a2wsgi.WSGIMiddleware` 1.10.10 in a small ASGI app that routes streams to coroutines.
    Measured in turns on one worker with eight threads, on two busy cores:

                                      a2wsgi              this adapter
        a constant view, CPU          0.44 ms             0.32 ms
        a plan page, CPU              9.5 ms              9.2 ms
        40 bodies at 100 B/s          no request gets     others take 2 ms, as before
                                      an answer
        40 readers of a 5 MB          no request gets     others take 2 ms, +26 MB of memory
        stream at 10 KB/s             an answer
        the same, length known        others take 2 ms,   others take 2 ms, +48 MB
                                      +303 MB
        20 clients leave a stream     no answer until     nothing to notice
                                      it is restarted
        SIGTERM after that            killed after 10 s   ends in 1.8 s

    It costs little, but a thread waits for each chunk that a client sends or reads, and forever
    once the client has left. Around it we would need our own spooling of bodies and responses, and
    our own WSGI environment (it joins two Cookie headers with a comma, and hides chunked bodies
    from Werkzeug), which is nearly all there is here.
"""
