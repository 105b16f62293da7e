// A SCIM provider made of SCIMMY and express, over TLS, with everything in memory.
// node scimmy.mjs CERT KEY TOKEN: prints "listening on PORT"; GET /held shows what it holds.
import {readFileSync} from "node:fs";
import https from "node:https";
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [cert, key, token] = process.argv.slice(2);
const held = {User: new Map(), Group: new Map()};
const unique = {User: "userName", Group: "displayName"};

function serve(kind) {
	const store = held[kind];
	const name = (r) => String(r[unique[kind]] ?? "").toLowerCase();

	SCIMMY.Resources.declare(SCIMMY.Resources[kind])
		.ingress(async (resource, data) => {
			const id = resource.id ?? randomUUID();
			const value = JSON.parse(JSON.stringify({...data, id}));

			if (resource.id && !store.has(id))
				throw new SCIMMY.Types.Error(404, null, `${kind} ${id} not found`);
			for (const other of store.values())
				if (other.id !== id && name(other) === name(value))
					throw new SCIMMY.Types.Error(409, "uniqueness", `${kind} exists`);
			store.set(id, value);
			return value;
		})
		.egress(async (resource) => {
			if (resource.id) {
				if (!store.has(resource.id))
					throw new SCIMMY.Types.Error(404, null, `${kind} not found`);
				return store.get(resource.id);
			}
			const all = [...store.values()];
			return resource.filter ? resource.filter.match(all) : all;
		})
		.degress(async (resource) => {
			if (!store.delete(resource.id))
				throw new SCIMMY.Types.Error(404, null, `${kind} not found`);
		});
}
serve("User");
serve("Group");

const app = express();
app.get("/held", (_, answer) => answer.json({
	users: [...held.User.values()], groups: [...held.Group.values()]}));
app.use("/scim/v2", new SCIMMYRouters({
	type: "bearer",
	handler: (request) => {
		if (request.header("authorization") !== `Bearer ${token}`)
			throw new Error("token not known");
		return "interop";
	}}));
const server = https.createServer({cert: readFileSync(cert), key: readFileSync(key)}, app);
server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
