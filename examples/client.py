"""A Snug client for the lobby. Usage: python3 client.py LINK NAME. The password: SNUG_PASSWORD, or asked."""
import base64, getpass, hashlib, json, os, select, socket, ssl, sys, urllib.parse
link, tls, typed = urllib.parse.urlsplit(sys.argv[1]), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), True
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # no authority decides: the fingerprint does
wire = tls.wrap_socket(socket.create_connection((link.hostname, link.port or 7667)))
if base64.b32encode(hashlib.sha256(wire.getpeercert(True)).digest())[:52].decode() != link.fragment.upper():
    sys.exit("Another server answers there: its fingerprint is not the one in the link.")
ask = lambda **request: wire.sendall(json.dumps({"id": 1, "room": "lobby", **request}).encode() + b"\n")
def show(said):  # every JSON object of a line passes here: an event, the events of a page, an error
    if text := " ".join((said.get("body") or said.get("text") or "").split()):
        print("".join(filter(str.isprintable, f"<<{said.get('from', 'server')}>> : {text}")), flush=True)
ask(do="sign_in", name=sys.argv[2], password=os.environ.get("SNUG_PASSWORD") or getpass.getpass())
ask(do="read", limit=20)  # what was said before. What comes later arrives unasked
while True:  # hear until something was typed, and after the end of input until the server hangs up
    while not typed or wire.pending() or wire in select.select([wire, sys.stdin], [], [])[0]:
        json.loads(wire.makefile("rb", 0).readline() or sys.exit("Lost." if typed else 0), object_hook=show)
    ask(do="send" if (typed := sys.stdin.buffer.raw.readline()) else "quit", body=typed.decode().strip())
