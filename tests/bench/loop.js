// The loop of a short script: every row of a roster in turn, one connection kept alive.
//
//     node loop.js BASE-URL ROSTER.csv
"use strict";

const { readFileSync } = require("fs");

async function main(base, path) {
	const [header, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
	const keys = header.split(",");
	let created = 0;
	for (const line of lines) {
		const values = line.split(",");
		const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"] };
		keys.forEach((key, i) => { body[key] = values[i]; });
		const response = await fetch(base + "Users", {
			method: "POST",
			headers: {
				Authorization: "Bearer " + process.env.SENTRY_AUTH_TOKEN,
				"Content-Type": "application/json",
			},
			body: JSON.stringify(body),
		});
		const answer = await response.text();
		if (response.status !== 201)
			throw new Error(response.status + " " + answer);
		process.stdout.write(answer + "\n");
		created++;
	}
	process.exit(created === lines.length ? 0 : 1);
}

main(process.argv[2], process.argv[3]).catch((e) => { console.error(e); process.exit(1); });
