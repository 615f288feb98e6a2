// What is asked of the service for a complaint, from what was typed, and what is wrong with it. No I/O.

const BLANK = /\s+/g;

/**
 * `typed`: { kind, claimant, contact, right, links, person, from, until, description, identity, rights, isDeclared };
 * `links` with one a line, `from` and `until` as `2026-01-02T09:30` in Beijing time or empty, `identity` and `rights`
 * lists of ids. `say(id, values)` gives a sentence; `nowMs` is UTC.
 * Returns { wish, wrong }: `wrong` has a sentence for each field that cannot be taken, in the order of the form.
 */
export function complaintOf(typed, limits, say, nowMs) {
  const wish = {
    claimant: oneLine(typed.claimant),
    contact: oneLine(typed.contact),
    right: typed.right,
    description: described(typed, say),
    links: typed.links.split("\n").map(oneLine).filter(Boolean),
    proofs: [...typed.identity, ...typed.rights],
    is_declared: typed.isDeclared,
  };
  const wrong = {};
  const note = (field, id, values = {}) => (wrong[field] ??= say(id, values));
  const measure = (field, words, most) => {
    const over = length(words) - most;
    if (over > 0) note(field, "complaint.too_long", { n: most, over });
  };
  if (!wish.claimant) note("claimant", `complaint.no_claimant_${typed.kind}`);
  measure("claimant", wish.claimant, limits.claimantChars);
  if (!wish.contact) note("contact", "complaint.no_contact");
  measure("contact", wish.contact, limits.contactChars);
  if (!wish.right) note("right", "complaint.no_right");
  if (!wish.links.length) note("links", "complaint.no_links");
  if (wish.links.length > limits.links) note("links", "complaint.many_links", { n: limits.links });
  wish.links.forEach((link, index) => {
    if (length(link) > limits.linkChars) note("links", "complaint.long_link", { line: index + 1, n: limits.linkChars });
  });
  measure("person", oneLine(typed.person), limits.personChars);
  if (typed.from && chinaMs(typed.from) > nowMs) note("from", "complaint.from_ahead");
  if (typed.from && typed.until && typed.until < typed.from) note("until", "complaint.until_before");
  if (!typed.description.trim()) note("description", "complaint.no_description");
  measure("description", wish.description, limits.descriptionChars);
  if (!typed.identity.length) note("identity", "complaint.no_identity");
  if (!typed.rights.length) note("rights", "complaint.no_rights");
  if (wish.proofs.length > limits.proofs) note("rights", "complaint.many_proofs", { n: limits.proofs });
  if (!typed.isDeclared) note("declared", "complaint.no_declaration");
  return { wish, wrong };
}

/** The words with what the form asks for beside them, as operators and the one who complains read it. */
export function described({ kind, person, from, until, description }, say) {
  const [start, end] = [from, until].map((moment) => moment.replace("T", " "));
  const head = [say(`complaint.says_${kind}`)];
  if (oneLine(person)) head.push(say("complaint.says_of", { name: oneLine(person) }));
  if (start && end) head.push(say("complaint.says_between", { start, end }));
  else if (start) head.push(say("complaint.says_from", { start }));
  else if (end) head.push(say("complaint.says_until", { end }));
  return `${head.join("\n")}\n\n${description.trim()}`;
}

/** As the service counts. */
export function length(words) {
  return [...words.normalize("NFC")].length;
}

function oneLine(words) {
  return words.replace(BLANK, " ").trim();
}

function chinaMs(moment) {
  return Date.parse(`${moment}+08:00`);
}
