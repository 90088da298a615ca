
// The session that is opened here is for this one answer, and is closed after it.
const invitation = `/invitations/${encodeURIComponent(token)}`;

async function accept(given) {
  const {access_token: access} = await ask("POST", "/auth/login", {email: given.email, password: given.password});
  try {
    const {kind, document_id: id} = await ask("POST", `${invitation}/accept`, undefined, access);
    const found = await ask("GET", `/${kind}/${encodeURIComponent(id)}`, undefined, access).catch(() => ({}));
    return found.title ? words.acceptedTitle.replace("…", found.title) : words.accepted;
  } finally {
    await ask("POST", "/auth/logout", undefined, access).catch(() => ({}));
  }
}

acts.logIn = (_form, given) => accept(given);
acts.register = async (_form, given) => {
  await ask("POST", "/auth/register", {...given, lang: document.documentElement.lang});
  return accept(given);
};
acts.decline = async () => {
  await ask("POST", `${invitation}/decline`);
  return words.declined;
};
