// Shows the OpenAPI document. Everything is put in as text, so nothing in the document can act.
'use strict';
const make = (tag, text, ...inside) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...inside);
  return node;
};
const shape = (schema) => make('pre', JSON.stringify(schema, null, 2));
const rows = (pairs) => make('table', '', ...pairs.map(([name, text]) => make('tr', '', make('th', name), make('td', text || ''))));
const operation = (path, method, one) => {
  const head = make('summary', '', Object.assign(make('span', method.toUpperCase()), { className: 'method' }), make('code', path), make('span', '  ' + (one.summary || '')));
  const node = make('details', '', head);
  if (one.description) node.append(make('p', one.description));
  if (one.parameters) node.append(make('h4', 'Parameters'), rows(one.parameters.map((p) => [p.name + ' (' + p.in + (p.required ? ', required)' : ')'), p.description])));
  if (one.requestBody) node.append(make('h4', 'Body'), shape(one.requestBody.content));
  node.append(make('h4', 'Answers'), rows(Object.entries(one.responses).map(([status, answer]) => [status, answer.description])));
  const good = Object.entries(one.responses).find(([status]) => status.startsWith('2'));
  if (good && good[1].content) node.append(shape(good[1].content));
  node.dataset.path = (method + ' ' + path).toLowerCase();
  return node;
};
fetch('/api/openapi.json').then((answer) => answer.json()).then((api) => {
  document.getElementById('about').textContent = api.info.description + ' Version ' + api.info.version + '.';
  const paths = document.getElementById('paths');
  paths.replaceChildren();
  for (const [path, item] of Object.entries(api.paths)) for (const [method, one] of Object.entries(item)) paths.append(operation(path, method, one));
  const shapes = document.getElementById('shapes');
  for (const [name, schema] of Object.entries(api.components.schemas)) shapes.append(make('details', '', make('summary', name), shape(schema)));
  document.getElementById('wanted').addEventListener('input', (event) => {
    for (const node of paths.children) node.hidden = !node.dataset.path.includes(event.target.value.toLowerCase());
  });
});
