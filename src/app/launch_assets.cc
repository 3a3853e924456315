#include "app/launch_assets.h"

namespace cairn::app {

const std::string_view kLaunchPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Quick create stack</title>
<link rel="stylesheet" href="launch.css">
<script src="launch.js" defer></script>
</head>
<body>
<main>
<h1>Quick create stack</h1>
<p id="message" role="status">Reading the template…</p>
<form id="form" hidden></form>
</main>
</body>
</html>
)html";

const std::string_view kLaunchStyle = R"css(body { font: 16px/1.5 sans-serif; margin: 0; color: #16191f; background: #f2f3f3; }
main { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
fieldset { background: #fff; border: 1px solid #d5dbdb; margin: 0 0 1rem; padding: 1rem; }
legend { font-weight: bold; padding: 0 .3rem; }
label { display: block; margin: .8rem 0 .2rem; font-weight: bold; }
label.check { font-weight: normal; }
input:not([type=checkbox]), select { width: 100%; box-sizing: border-box; font: inherit; padding: .3rem; }
.note { margin: 0; color: #545b64; white-space: pre-wrap; }
button { font: inherit; font-weight: bold; padding: .5rem 1.2rem; color: #16191f; background: #f90; border: 1px solid #c70; cursor: pointer; }
#message { background: #fff; border-left: 4px solid #0073bb; padding: .5rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
#message.bad { border-color: #d13212; }
)css";

const std::string_view kLaunchScript = R"js("use strict";
const form = document.getElementById("form");
const message = document.getElementById("message");
const hash = location.hash;
const asked = new URLSearchParams(hash.slice(hash.indexOf("?") + 1));
const token = asked.get("token") || "";
// Who looks at the address, or the history, later finds no token there.
history.replaceState(null, "", location.pathname);

function say(text, bad) {
  message.textContent = text;
  message.className = bad ? "bad" : "";
}

function add(parent, name, text, properties) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  Object.assign(made, properties);
  parent.append(made);
  return made;
}

async function post(what, body) {
  const answer = await fetch("launch/" + what, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Cairn-Launch": token },
    body: JSON.stringify(body),
  });
  const read = await answer.json();
  if (!answer.ok) throw new Error(read.message);
  return read;
}

/// Groups of [label, parameters]: as the template's AWS::CloudFormation::Interface has them, then all others.
function grouped(parameters, face) {
  const left = new Map(parameters.map((each) => [each.ParameterKey, each]));
  const groups = [];
  for (const group of Array.isArray(face.ParameterGroups) ? face.ParameterGroups : []) {
    const members = [];
    for (const key of Array.isArray(group.Parameters) ? group.Parameters : []) {
      if (left.has(key)) members.push(left.get(key));
      left.delete(key);
    }
    if (members.length) groups.push([String((group.Label || {}).default || "Parameters"), members]);
  }
  if (left.size) groups.push([groups.length ? "Other parameters" : "Parameters", [...left.values()]]);
  return groups;
}

function field(parent, parameter, label) {
  const key = parameter.ParameterKey;
  add(parent, "label", label ? label + " (" + key + ")" : key, { htmlFor: "p-" + key });
  if (parameter.Description) add(parent, "p", parameter.Description, { className: "note" });
  const allowed = (parameter.ParameterConstraints || {}).AllowedValues || [];
  const input = add(parent, allowed.length ? "select" : "input", "", { id: "p-" + key });
  for (const value of allowed) add(input, "option", value, { value });
  if (parameter.NoEcho) input.type = "password";
  const given = asked.get("param_" + key);
  if (given !== null) input.value = given;
  else if (parameter.DefaultValue !== undefined && !parameter.NoEcho) input.value = parameter.DefaultValue;
  if (parameter.NoEcho && parameter.DefaultValue !== undefined) input.placeholder = "as the template has it";
  return () => (parameter.NoEcho && input.value === "" && parameter.DefaultValue !== undefined ? null : input.value);
}

function show(link) {
  const summary = link.Summary;
  let face = {};
  try {
    face = JSON.parse(summary.Metadata || "{}")["AWS::CloudFormation::Interface"] || {};
  } catch (error) {
    face = {};
  }
  const about = add(form, "fieldset");
  add(about, "legend", "Stack");
  if (summary.Description) add(about, "p", summary.Description, { className: "note" });
  add(about, "p", "Made in " + link.Region + " in the name of " + link.Principal, { className: "note" });
  if (link.TemplateURL) add(about, "p", "Template: " + link.TemplateURL, { className: "note" });
  add(about, "label", "Stack name", { htmlFor: "stack-name" });
  const name = add(about, "input", "", { id: "stack-name", required: true, value: asked.get("stackName") || "" });
  const values = new Map();
  for (const [title, members] of grouped(summary.Parameters || [], face)) {
    const group = add(form, "fieldset");
    add(group, "legend", title);
    for (const parameter of members) {
      const label = ((face.ParameterLabels || {})[parameter.ParameterKey] || {}).default;
      values.set(parameter.ParameterKey, field(group, parameter, label && String(label)));
    }
  }
  const made = add(form, "fieldset");
  add(made, "legend", "What it may create");
  const list = add(made, "ul");
  for (const type of summary.ResourceTypes || []) add(list, "li", type);
  const acknowledged = [];
  for (const capability of summary.Capabilities || []) {
    const label = add(made, "label", "", { className: "check" });
    acknowledged.push([capability, add(label, "input", "", { type: "checkbox", required: true, id: capability })]);
    label.append(" I acknowledge that this needs " + capability + ". " + (summary.CapabilitiesReason || ""));
  }
  const button = add(form, "button", "Create stack");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const parameters = {};
    for (const [key, value] of values) if (value() !== null) parameters[key] = value();
    try {
      const done = await post("create", {
        StackName: name.value,
        Parameters: parameters,
        Capabilities: acknowledged.filter(([, box]) => box.checked).map(([capability]) => capability),
      });
      form.hidden = true;
      say("The stack is being created: " + done.StackId + "\nThis link is used up. Watch it with: aws cloudformation describe-stack-events --stack-name " + name.value);
    } catch (error) {
      button.disabled = false;
      say(error.message, true);
    }
  });
  say("Look at what it does, then create it. The link works once, until " + link.Expires + ".");
  form.hidden = false;
}

if (token) post("summary", {}).then(show, (error) => say(error.message, true));
else say("This page needs a link with a token. Make one with: cairn launch-url TEMPLATE", true);
)js";

}  // namespace cairn::app
