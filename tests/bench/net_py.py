# net_py.py - the work of the network measurements in Python.
#
# python3 net_py.py requests|httpx|aiohttp|pycurl ROW URL COUNT AT_ONCE: prints
# the seconds of wall clock and of processor time that the work took, and the
# peak of memory in KB.

import json
import resource
import sys
import threading
import time

how, row, url = sys.argv[1:4]
count, at_once = int(sys.argv[4]), int(sys.argv[5])

headers = {
    "Api-Version": "2", "Api-Application": "abcdefghijkl",
    "Api-Company": "1111-2222-3333-4444-5555", "Authorization": "Bearer secret",
}
post = row in ("post", "fresh")
body = json.dumps({"action": "update_account", "account_key": "5a50d8fed44aa9.76285894", "active": "1"}) if post else None
if post:
    headers["Content-Type"] = "application/json"
if row == "fresh":
    headers["Connection"] = "close"


def check(value):
    if (value["status_code"] != 200) if post else (value["status"] != "success"):
        raise RuntimeError("wrong reply")


def collect(ask):
    """The records of all pages; ask(address) gives a page."""
    everything = []
    value = ask(url)
    while True:
        everything.extend(value["data"])
        if value["moreAfter"] is None:
            break
        value = ask(url + "&page-after=" + value["moreAfter"])
    if len(everything) != count * 100:
        raise RuntimeError("records are missing")


def measure(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print("%.6f %.6f %d" % (wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def in_threads(make):
    """make() gives a function that makes one call, for one thread each."""
    left = [count]

    def lane():
        ask = make()
        while left[0] > 0:
            left[0] -= 1
            check(ask(url))

    if at_once == 1:
        return lane()
    threads = [threading.Thread(target=lane) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def with_requests():
    import requests

    def make():
        session = requests.Session()
        session.trust_env = False
        if post:
            return lambda address: session.post(address, headers=headers, data=body).json()
        return lambda address: session.get(address, headers=headers).json()

    make()(url)
    measure((lambda: collect(make())) if row == "pages" else (lambda: in_threads(make)))


def with_pycurl():
    import pycurl

    def handle():
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [name + ": " + value for name, value in headers.items()])
        curl.setopt(pycurl.NOSIGNAL, 1)
        if post:
            curl.setopt(pycurl.POSTFIELDS, body)
        return curl

    single = handle()

    def ask(address):
        single.setopt(pycurl.URL, address)
        return json.loads(single.perform_rb())

    def side_by_side():
        multi, chunks = pycurl.CurlMulti(), {}
        multi.setopt(pycurl.M_MAXCONNECTS, 100)
        begun = done = 0

        def begin(curl):
            chunks[curl] = []
            curl.setopt(pycurl.WRITEFUNCTION, chunks[curl].append)
            multi.add_handle(curl)

        curls = [handle() for _ in range(min(at_once, count))]
        for curl in curls:
            begin(curl)
            begun += 1
        while done < count:
            while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
                pass
            _, good, bad = multi.info_read()
            if bad:
                raise RuntimeError(bad[0][2])
            for curl in good:
                check(json.loads(b"".join(chunks[curl])))
                multi.remove_handle(curl)
                done += 1
                if begun < count:
                    begin(curl)
                    begun += 1
            if done < count:
                multi.select(1.0)

    def one_by_one():
        for _ in range(count):
            check(ask(url))

    ask(url)
    measure((lambda: collect(ask)) if row == "pages" else one_by_one if at_once == 1 else side_by_side)


def with_async(request, close, run):
    """request(address) is awaitable and gives a decoded reply."""

    async def pages():
        everything = []
        value = await request(url)
        while True:
            everything.extend(value["data"])
            if value["moreAfter"] is None:
                break
            value = await request(url + "&page-after=" + value["moreAfter"])
        if len(everything) != count * 100:
            raise RuntimeError("records are missing")

    async def side_by_side():
        import asyncio
        left = [count]

        async def lane():
            while left[0] > 0:
                left[0] -= 1
                check(await request(url))

        await asyncio.gather(*[lane() for _ in range(at_once)])

    run(request(url))
    measure(lambda: run(pages() if row == "pages" else side_by_side()))
    run(close())


def with_aiohttp():
    import aiohttp
    import asyncio
    loop = asyncio.new_event_loop()

    async def start():
        connector = aiohttp.TCPConnector(limit=at_once, force_close=row == "fresh")
        return aiohttp.ClientSession(connector=connector, headers=headers)

    session = loop.run_until_complete(start())

    async def request(address):
        async with session.request("POST" if post else "GET", address, data=body) as reply:
            return await reply.json()

    with_async(request, session.close, loop.run_until_complete)


def with_httpx():
    import asyncio
    import httpx
    loop = asyncio.new_event_loop()
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    client = httpx.AsyncClient(limits=limits, headers=headers, trust_env=False)

    async def request(address):
        return (await client.request("POST" if post else "GET", address, content=body)).json()

    with_async(request, client.aclose, loop.run_until_complete)


{"requests": with_requests, "pycurl": with_pycurl, "aiohttp": with_aiohttp, "httpx": with_httpx}[how]()
