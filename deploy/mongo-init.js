// Makes the replica set and the two accounts of a fresh MongoDB; changes nothing where they exist.
// Run by the service `mongo-init`, which shares mongo's network: before there is any account, MongoDB lets a client
// on its own loopback address in, and no other.
const fs = require("fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const admin = db.getSiblingDB("admin");
const root = { user: "root", pwd: secret("mongo_root_password") };

function logIn() {
  try {
    return admin.auth(root.user, root.pwd).ok === 1;
  } catch (error) {
    return false;
  }
}

if (!logIn()) {
  try {
    rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
  } catch (error) {
    if (error.codeName !== "AlreadyInitialized") throw error;
  }
  for (let n = 0; !db.hello().isWritablePrimary; n += 1) {
    if (n > 60) throw new Error("mongo did not become primary within 60 s");
    sleep(1000);
  }
  admin.createUser({ ...root, roles: ["root"] });
  if (!logIn()) throw new Error("the account just made can't log in");
}
const ours = db.getSiblingDB("solidata");
if (ours.getUser("solidata") === null) {
  ours.createUser({ user: "solidata", pwd: secret("mongo_password"), roles: [{ role: "readWrite", db: "solidata" }] });
}
