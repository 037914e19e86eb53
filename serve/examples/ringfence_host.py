"""A client of `ringfence serve --stdio`. Usage: ringfence_host.py WORKSPACE SERVER-COMMAND... (with serve --stdio)"""
import base64, itertools, json, subprocess, sys, time


class Ringfence:
    def __init__(self, command):
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ids = itertools.count(1)
        self.request("initialize", protocolVersion=1)

    def request(self, method, **params):
        number = next(self.ids)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for line in self.server.stdout:
            message = json.loads(line)
            if "method" in message:
                self.heard(message)
            elif message["id"] == number:
                if "error" in message:
                    raise RuntimeError(message["error"]["data"]["kind"] + ": " + message["error"]["message"])
                return message["result"]
        raise EOFError("the server has ended")

    def heard(self, message):  # output of started commands, events, questions about hosts
        if message["method"] == "host/decide":
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": {"verdict": "deny"}})

    def send(self, message):
        self.server.stdin.write(json.dumps(message).encode() + b"\n")
        self.server.stdin.flush()


if __name__ == "__main__":
    ringfence = Ringfence(sys.argv[2:])
    sandbox = ringfence.request("sandbox/open", policy="workspace-write", workspace=sys.argv[1])["sandbox"]
    for _ in range(5):
        begin = time.monotonic()
        result = ringfence.request("command/run", sandbox=sandbox, command=["sh", "-c", "echo hello; date > /etc/no"])
        print(result["exitCode"], base64.b64decode(result["stdout"]).decode().strip(), file=sys.stdout)
        print(f"{(time.monotonic() - begin) * 1000:.1f} ms", file=sys.stderr)
