// A client of `ringfence serve --stdio`. Usage: node ringfence-host.mjs WORKSPACE SERVER-COMMAND... (with serve --stdio)
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

class Ringfence {
  #server; #open = new Map(); #next = 1;
  constructor([program, ...words]) {
    this.#server = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#server.stdout }).on("line", (line) => this.#received(JSON.parse(line)));
    this.#server.on("exit", () => this.#open.forEach(([, fail]) => fail(new Error("the server has ended"))));
  }
  request(method, params) {
    const id = this.#next++;
    this.#send({ jsonrpc: "2.0", id, method, params });
    return new Promise((done, fail) => this.#open.set(id, [done, fail]));
  }
  #received(message) {
    if (message.method === "host/decide") {
      this.#send({ jsonrpc: "2.0", id: message.id, result: { verdict: "deny" } });
    } else if (message.method) {
      return; // output of started commands, and events
    } else {
      const [done, fail] = this.#open.get(message.id);
      this.#open.delete(message.id);
      message.error ? fail(new Error(message.error.data.kind + ": " + message.error.message)) : done(message.result);
    }
  }
  #send(message) { this.#server.stdin.write(JSON.stringify(message) + "\n"); }
  close() { this.#server.stdin.end(); }
}

const ringfence = new Ringfence(process.argv.slice(3));
await ringfence.request("initialize", { protocolVersion: 1 });
const { sandbox } = await ringfence.request("sandbox/open", { policy: "workspace-write", workspace: process.argv[2] });
const command = ["sh", "-c", "echo hello; date > /etc/no"];
const result = await ringfence.request("command/run", { sandbox, command });
console.log(result.exitCode, Buffer.from(result.stdout, "base64").toString().trim());
ringfence.close();
