// Draws the reference from openapi.json: an entry in the contents and a card for each operation.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Makes an element with attributes and children; text stays text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Splits a text in which words between backquotes are code. */
function inline(text) {
  return text.split("`").map((part, number) => (number % 2 ? make("code", {}, part) : part));
}

/** Makes a paragraph. */
function prose(text, attributes = {}) {
  return text ? make("p", attributes, ...inline(text)) : null;
}

/** Follows a reference within the document. */
function resolved(api, node) {
  if (!node?.$ref) return node;
  return node.$ref.split("/").slice(1).reduce((place, key) => place[key], api);
}

/** Says in a few words what values a schema admits. */
function kindOf(api, given) {
  const schema = resolved(api, given);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" · ");
  if (schema.oneOf) return schema.oneOf.map((one) => kindOf(api, one)).join(" or ");
  if (schema.type === "array") return `list of ${kindOf(api, schema.items)}`;
  const type = [schema.type].flat().join(" or ");
  return schema.format ? `${type}, ${schema.format}` : type;
}

/** Lists the fields of a schema with those of its objects, as `outer.inner`; what is named, once. */
function fieldsOf(api, given, prefix = "", known = new Set()) {
  if (known.has(given.$ref)) return [];
  if (given.$ref) known.add(given.$ref);
  const schema = resolved(api, given);
  if (schema.oneOf) return schema.oneOf.flatMap((one) => fieldsOf(api, one, prefix, known));
  if (schema.type === "array") return fieldsOf(api, schema.items, `${prefix}[]`, known);
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix ? `${prefix}.${key}` : key;
    const required = schema.required?.includes(key) ?? false;
    const description = property.description ?? resolved(api, property).description;
    return [{ name, required, kind: kindOf(api, property), description }, ...fieldsOf(api, property, name, known)];
  });
}

/** Draws a list of fields; `mark` says which of them are marked, and how. */
function drawFields(fields, mark = (field) => (field.required ? "required" : "")) {
  const rows = fields.map((field) =>
    make(
      "div",
      {},
      make("dt", {}, field.name, " ", make("span", { class: "mark" }, mark(field))),
      make("dd", {}, make("span", { class: "kind" }, field.kind), prose(field.description)),
    ),
  );
  return make("dl", { class: "fields" }, ...rows);
}

/** Draws text that can be copied. */
function drawSample(text) {
  const button = make("button", { class: "copy", type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return make("div", { class: "sample" }, make("pre", {}, make("code", {}, text)), button);
}

/** Finds the example of a content: its own, its first named one, or its schema's. */
function exampleOf(api, content) {
  const named = Object.values(content.examples ?? {})[0]?.value;
  return content.example ?? named ?? resolved(api, content.schema)?.example;
}

/** Names the headers that a caller proves itself by. */
function credentialsOf(api, operation) {
  return operation.security
    .flatMap((requirement) => Object.keys(requirement))
    .map((name) => {
      const scheme = api.components.securitySchemes[name];
      const header = scheme.type === "http" ? "Authorization" : scheme.name;
      const value = scheme.type === "http" ? "Bearer YOUR_KEY" : "YOUR_KEY";
      return { header, value, description: scheme.description };
    });
}

/** Writes a command that calls the operation with its examples. */
function commandOf(api, path, method, operation, parameters) {
  const valueOf = (parameter) => encodeURIComponent(parameter.example).replaceAll("%2B", "+");
  const placed = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((target, parameter) => target.replace(`{${parameter.name}}`, valueOf(parameter)), path);
  const query = parameters
    .filter((parameter) => parameter.in === "query" && "example" in parameter)
    .map((parameter) => `${parameter.name}=${parameter.example}`)
    .join("&");
  const lasts = "text/event-stream" in (operation.responses["200"]?.content ?? {});
  const lines = [`curl ${lasts ? "-N " : ""}"${location.origin}${placed}${query ? `?${query}` : ""}"`];
  const [credential] = credentialsOf(api, operation);
  if (credential) lines.push(`-H "${credential.header}: ${credential.value}"`);
  const body = operation.requestBody?.content["application/json"];
  if (body) lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(exampleOf(api, body))}'`);
  return lines.join(" \\\n  ");
}

/** Marks what an answer may lack. */
const lackable = (field) => (field.required ? "" : "optional");

/** Puts together the statuses that are answered alike. */
function alike(responses) {
  const groups = new Map();
  for (const [status, response] of Object.entries(responses)) {
    const key = JSON.stringify(response);
    groups.set(key, { statuses: [...(groups.get(key)?.statuses ?? []), status], response });
  }
  return [...groups.values()];
}

/** Draws one possible answer, folded. */
function drawResponse(api, { statuses, response: given }) {
  const response = resolved(api, given);
  const content = response.content?.["application/json"];
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => ({
    name,
    required: resolved(api, header).required ?? false,
    kind: kindOf(api, resolved(api, header).schema),
    description: resolved(api, header).description,
  }));
  const example = content && exampleOf(api, content);
  const first = statuses[0] === "200" ? { open: "" } : {};
  const numbers = statuses.flatMap((status) => [make("span", { class: `status s${status[0]}` }, status), " "]);
  return make(
    "details",
    first,
    make("summary", {}, ...numbers, ...inline(response.description)),
    make(
      "div",
      {},
      example ? drawSample(JSON.stringify(example, null, 2)) : null,
      content ? drawFields(fieldsOf(api, content.schema), lackable) : null,
      headers.length ? make("h4", {}, "Headers") : null,
      headers.length ? drawFields(headers, lackable) : null,
    ),
  );
}

/** Draws the card of one operation. */
function drawOperation(api, { path, method, operation, parameters }) {
  const body = operation.requestBody?.content["application/json"];
  const credentials = credentialsOf(api, operation).map(({ header, description }) => ({
    name: header, required: false, kind: "header", description,
  }));
  const asked = parameters.map((parameter) => ({
    name: parameter.name,
    required: parameter.required ?? false,
    kind: `${parameter.in} · ${kindOf(api, parameter.schema)}`,
    description: parameter.description,
  }));
  return make(
    "article",
    { class: "operation", id: operation.operationId },
    make("h3", {}, operation.summary),
    make("div", { class: "address" }, make("span", { class: `method ${method}` }, method.toUpperCase()), make("span", {}, path)),
    prose(operation.description),
    credentials.length ? make("h4", {}, credentials.length > 1 ? "Credential, one of" : "Credential") : null,
    credentials.length ? drawFields(credentials) : null,
    asked.length ? make("h4", {}, "Parameters") : null,
    asked.length ? drawFields(asked) : null,
    body ? make("h4", {}, "Body") : null,
    body ? drawFields(fieldsOf(api, body.schema)) : null,
    make("h4", {}, "Try it"),
    drawSample(commandOf(api, path, method, operation, parameters)),
    make("h4", {}, "Answers"),
    ...alike(operation.responses).map((group) => drawResponse(api, group)),
  );
}

/** Lists the operations of the document, each with the parameters of its path. */
function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => ({
      path,
      method,
      operation: item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((one) => resolved(api, one)),
    })),
  );
}

const api = await (await fetch("openapi.json")).json();
const main = document.querySelector("main");
const contents = document.querySelector("#contents");

main.replaceChildren(
  make("h1", {}, api.info.title),
  prose(api.info.summary, { class: "lead" }),
  prose(api.info.description),
  make("p", {}, make("a", { href: "openapi.json" }, "openapi.json")),
);
for (const tag of api.tags) {
  const operations = operationsOf(api).filter(({ operation }) => operation.tags.includes(tag.name));
  const links = operations.map(({ operation }) =>
    make("a", { class: "operation-link", href: `#${operation.operationId}` }, operation.summary),
  );
  contents.append(make("h2", {}, make("a", { href: `#${tag.name}` }, tag.name)), ...links);
  main.append(
    make(
      "section",
      { class: "dialect", id: tag.name },
      make("h2", {}, tag.name),
      prose(tag.description),
      ...operations.map((operation) => drawOperation(api, operation)),
    ),
  );
}
// The place that the address names did not exist before now.
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ behavior: "instant" });
