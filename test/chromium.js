// Drives chromium for chromium.py. It is started here, and speaks over a pipe: no port, and it ends with this process.
"use strict";
const { spawn } = require("child_process");
const [place, text] = process.argv.slice(2);
const browser = spawn("chromium", [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", "--user-data-dir=" + place, "--remote-debugging-pipe", "about:blank",
], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const kLongest = 20000;  // ms, of a step

let next = 0, rest = "";
const waiting = new Map(), problems = [], requests = [];
let loaded = () => {};

function send(method, params, sessionId) {
  const id = ++next;
  browser.stdio[3].write(JSON.stringify({ id, method, params: params || {}, ...(sessionId ? { sessionId } : {}) }) + "\0");
  return new Promise((done, fail) => waiting.set(id, { done, fail }));
}

function told(message) {
  if (message.id) {
    const { done, fail } = waiting.get(message.id);
    waiting.delete(message.id);
    return message.error ? fail(new Error(message.error.message)) : done(message.result);
  }
  const { method, params } = message;
  if (method === "Page.loadEventFired") loaded();
  if (method === "Runtime.exceptionThrown") problems.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
  if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type)) problems.push(params.args.map((each) => each.value).join(" "));
  if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) problems.push(params.entry.text + " " + (params.entry.url || ""));
  if (method === "Audits.issueAdded") problems.push(JSON.stringify(params.issue));
  if (method === "Network.requestWillBeSent") requests.push(params.request.method + " " + params.request.url);
}

browser.stdio[4].on("data", (data) => {
  rest += data;
  for (let end; (end = rest.indexOf("\0")) >= 0; rest = rest.slice(end + 1)) told(JSON.parse(rest.slice(0, end)));
});

function within(what, name) {
  return Promise.race([what, new Promise((done, fail) => setTimeout(() => fail(new Error(name + " took too long; " + problems.join("; "))), kLongest).unref())]);
}

(async () => {
  const { targetInfos } = await within(send("Target.getTargets"), "starting chromium");
  const { sessionId } = await send("Target.attachToTarget", { targetId: targetInfos.find((each) => each.type === "page").targetId, flatten: true });
  for (const domain of ["Page", "Runtime", "Log", "Network", "Audits"]) await send(domain + ".enable", {}, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
    if (exceptionDetails) throw new Error(expression + ": " + (exceptionDetails.exception?.description || exceptionDetails.text));
    return result.value;
  };
  const read = {};
  for (const [what, first, second] of JSON.parse(text)) {
    if (what === "open") {
      const done = new Promise((load) => (loaded = load));
      const { errorText } = await send("Page.navigate", { url: first }, sessionId);
      if (errorText) throw new Error(first + ": " + errorText);
      await within(done, first);
    } else if (what === "until") {
      const look = async () => { while (!(await evaluate(first))) await new Promise((done) => setTimeout(done, 20)); };
      await within(look(), first);
    } else if (what === "do") {
      await within(evaluate(first), first);
    } else {
      read[first] = await within(evaluate(second), second);
    }
  }
  console.log(JSON.stringify({ ...read, problems, requests }));
  const gone = new Promise((done) => browser.on("exit", done));
  send("Browser.close").catch(() => {});
  await within(gone, "closing");
  process.exit(0);
})().catch((error) => {
  console.error(error.message);
  browser.kill("SIGKILL");
  process.exit(1);
});
