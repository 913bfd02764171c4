"""The one error family of Gốc, and the register of its codes.

Every refusal that a person or a program can meet is a ``GocError`` with a stable ``code``
(dotted, lower case), parameters for the sentence that explains it, and, where it helps, a
``pointer`` to the offending field. The API maps codes to RFC 9457 problem details; catalogues
(``traceability/locale``) hold the sentence in Vietnamese and English. ``CODES`` is the complete
register: raising an unregistered code is itself an error, and a test fails when a code lacks
its texts in the catalogues or its line in ``docs/errors.md``.
"""

from typing import Final

CODES: Final[dict[str, str]] = {
    # -- identifiers, quantities, keys -------------------------------------------------------
    "base64.malformed": "The text is not base64url in its canonical form, without padding.",
    "key.malformed": "This is not an Ed25519 key in the form that is expected.",
    "key.weak": "The Ed25519 key is not the canonical form of a point of prime order.",
    "id.random": "An identifier is made from exactly {expected} random bytes.",
    "gtin.malformed": "A GTIN has 8, 12, 13 or 14 digits.",
    "gtin.check-digit": "The check digit of the GTIN is {found}, and should be {expected}.",
    "gtin.restricted-range": "Restricted-circulation numbers run from 0 to {limit}.",
    "gln.malformed": "A GLN has 13 digits.",
    "gln.check-digit": "The check digit of the GLN is {found}, and should be {expected}.",
    "sscc.malformed": "An SSCC has 18 digits.",
    "sscc.check-digit": "The check digit of the SSCC is {found}, and should be {expected}.",
    "digits.malformed": "Only the digits 0 to 9 are expected here.",
    "quantity.malformed": "A quantity is an amount and a unit, such as 1234.5 KGM.",
    "quantity.unit": "The unit {unit} is not known; known ones are {known}.",
    "quantity.too-precise": "An amount in {unit} has at most {digits} digits after the point.",
    "quantity.too-large": "The quantity is larger than any that can be recorded.",
    "quantity.zero": "The quantity must be more than zero.",
    "quantity.dimension": "{unit} does not measure what {other} measures.",
    "quantity.inexact": "The quantity cannot be written exactly in {unit}.",
    "time.malformed": "A time is written with seconds and offset: 2026-11-22T06:30:00+07:00.",
    "date.malformed": "A date is written as year, month and day: 2026-11-22.",
    # -- Merkle tree, notes, checkpoints, proofs ---------------------------------------------
    "leaf.malformed": "This is not an entry of the log: digest, time of acceptance and class.",
    "merkle.frontier": "This is not the frontier of a Merkle tree.",
    "merkle.hash-length": "A hash of the Merkle tree has 32 bytes.",
    "proof.malformed": "This is not a proof file: {what}.",
    "proof.too-large": "A proof file may have {limit} bytes; this one is larger.",
    "proof.index": "The tree of {size} leaves has no leaf {index}.",
    "proof.length": "The inclusion proof has {found} hashes, and should have {expected}.",
    "proof.hash-length": "A hash in the proof does not have 32 bytes.",
    "proof.root": "The inclusion proof does not lead to the root of the tree.",
    "consistency.sizes": "A tree of {size2} leaves cannot extend one of {size1}.",
    "consistency.length": "The consistency proof has {found} hashes, and should have {expected}.",
    "consistency.root": "The larger tree does not extend the smaller: the log was rewritten.",
    "tile.path": "This is not the path of a tile.",
    "tile.malformed": "The tile does not hold what its path says.",
    "tile.missing": "The tile {path} is missing.",
    "tile.wrong": "The tile {path} does not hold what the entries of the log make of it.",
    "tile.entry-size": "An entry of the log has more than 65,535 bytes.",
    "note.malformed": "This is not a signed note: {what}.",
    "note.too-large": "A signed note may have {limit} bytes; this one is larger.",
    "note.name": "This cannot be the name of a signer.",
    "note.key": "This is not a verifier key: name, key ID and key, joined by plus signs.",
    "note.key-type": "The verifier key {name} is of a type that does not serve here.",
    "note.key-clash": "Two keys are called {name} and have the same key ID.",
    "note.signature": "The signature of {name} does not hold.",
    "note.unsigned": "Nobody who is trusted has signed this note.",
    "checkpoint.malformed": "This is not a checkpoint: {what}.",
    "checkpoint.origin": "The checkpoint is of the log {found}, not of {expected}.",
    "checkpoint.unsigned": "The log {name} has not signed this checkpoint.",
    "policy.malformed": "The policy is wrong in line {line}: {what}.",
    "policy.too-large": "A policy may have {limit} bytes; this one is larger.",
    "policy.no-quorum": "The policy has no quorum line.",
    "policy.log": "The policy does not list the log {name}.",
    "policy.quorum": "The witnesses that the policy asks for have not all cosigned.",
    # -- records and their encoding ----------------------------------------------------------
    "record.malformed": "This is not a record: {what}.",
    "record.too-large": "A record may have {limit} bytes; this one is larger ({size}).",
    "record.header": "The header is not the one that records have, or names another algorithm.",
    "record.not-canonical": "The payload is not canonical JSON (RFC 8785), or repeats a key.",
    "record.type": "There is no record of this type.",
    "record.type-reserved": "Records of type {type} come with a later version.",
    "record.schema": "The field {field} is wrong: {what}.",
    "record.in-the-clear": "The field {field} must be hidden, not written in the clear.",
    "record.hidden": "Hidden fields do not fit their digests: {what}.",
    "record.disclosure": "A disclosure does not fit the record: {what}.",
    "record.undisclosed": "The value of the hidden field {field} is missing.",
    "record.unknown-key": "Nobody has registered the key {kid}.",
    "record.signature": "The signature does not hold: the record was changed after signing.",
    # -- the rulebook ------------------------------------------------------------------------
    "record.known": "This record is on the ledger already ({record}).",
    "record.replay": "The nonce {nonce} was used before: sign the record with a fresh one.",
    "record.log": "The record was signed for another log; this one is {expected}.",
    "record.unknown": "There is no record {record}.",
    "genesis.party": "Record 0 must be the operator's own party record.",
    "genesis.key": "Record 1 must be the operator's key, signed by itself, as record 0 is.",
    "key.unknown": "Nobody has registered the key {kid}.",
    "key.foreign": "The key {kid} belongs to another party than the one that signs.",
    "key.revoked": "The key {kid} was revoked at index {index}.",
    "key.registered": "The key {kid} is registered already; a key is registered once.",
    "key.possession": "The proof that the holder has the new key does not hold.",
    "key.by-party": "Only the party itself or the operator may do this with its key.",
    "key.trusted": "The last trusted index must lie before the revocation.",
    "party.unknown": "The party {party} is not registered.",
    "party.ended": "The party {party} ended on {date}.",
    "party.by-operator": "Only the operator states parties.",
    "party.one-operator": "A log has one operator, and it has one already.",
    "party.name": "An organisation needs its name.",
    "party.name-in-clear": "The name of a person must be hidden: use the hidden fields for it.",
    "party.itself": "A party cannot be its own member or successor.",
    "consent.missing": "The party {party} has not agreed that the signer acts for it.",
    "consent.type": "The consent of {party} does not cover records of type {type}.",
    "consent.ended": "The consent of {party} ended on {date}.",
    "consent.by-grantor": "Only the grantor, or the operator for it, states a consent.",
    "consent.confirms": "The record {record} was not made by this agent for this party.",
    "role.producer": "Only a farm or a cooperative harvests; {party} is neither.",
    "time.future": "The time {at} lies in the future: check the clock of the device.",
    "time.since": "It cannot have begun at {since}, after it ended at {at}.",
    "time.signed-long-ago": "The record was signed more than 30 days ago: sign it again.",
    "time.before-draw": "It cannot have happened at {at}, more than a day before what it draws on.",
    "quantity.missing": "A quantity is missing.",
    "quantity.count": "{text} is not a number of pieces.",
    "quantity.of-product": "The product is kept in {expected} or by weight, not in {unit}.",
    "draw.unknown": "There is no holding {holding}.",
    "draw.twice": "The holding {holding} is drawn twice; draw the sum once.",
    "draw.foreign": "The lot {lot} is held by another party.",
    "draw.in-transit": "The lot {lot} is on its way; only its consignee can take it over.",
    "draw.unit": "The holding is kept in {held}, not in {unit}.",
    "draw.over": "Of lot {lot} only {left} is left; {asked} was asked for.",
    "draw.not-whole": "All that is left of lot {lot} must be drawn: {left}.",
    "make.holder": "What a party makes it holds itself: name it as the holder.",
    "make.not-drawn": "The lot {lot} is made but was not drawn.",
    "difference.lot": "It is not clear which drawn lot the difference {lot} belongs to.",
    "difference.cause": "The cause {cause} is not possible here.",
    "balance.gain": "More was made than was drawn.",
    "balance.attribution": "The losses are more than what was drawn less what was made.",
    "balance.unit": "Draws and makes need one kind of unit here: give the weighed mass.",
    "balance.no-mass": "The product {product} needs a mass per unit to check the balance by.",
    "balance.water": "The product allows no added water or other gain.",
    "assemble.recipe": "The product {product} has no recipe.",
    "assemble.short": "Less of {product} was drawn than the recipe needs.",
    "assemble.foreign-part": "{product} is not in the recipe.",
    "transform.crop": "More {crop} comes out of sorting and packing than went in.",
    "top-up.one": "A top-up makes one lot.",
    "top-up.remainder": "Draw what is left of lot {lot} too; an empty silo begins a new lot.",
    "product.unknown": "The product {product} is not registered.",
    "product.withdrawn": "The product {product} was withdrawn.",
    "product.maker": "The owner of product {product} does not let this party make it.",
    "product.frozen": "Goods of {product} exist: its unit and mass per unit stay as they are.",
    "product.process": "Water is less than all of a product, and a range has its ends in order.",
    "product.mass": "{text} is not a mass.",
    "product.foreign": "The product {subject} belongs to another party.",
    "place.unknown": "The place {place} is not registered.",
    "place.not-own": "The place {place} belongs to another party.",
    "place.not-farmed": "Nothing is harvested at {place}: it is no plot, pond, house or herd.",
    "place.area": "{text} is not an area.",
    "place.coordinates": "The coordinates are not on the globe (WGS-84, degrees).",
    "place.polygon": "The shape needs three corners or more and must end where it began.",
    "place.foreign": "The place {subject} belongs to another party.",
    "lot.foreign": "The lot code {lot} belongs to another maker.",
    "lot.place": "The lot {lot} was begun at another place.",
    "lot.closed": "The lot {lot} was begun more than {hours} hours ago: begin a new one.",
    "lot.dots": "A lot code needs more than dots: no address could carry it.",
    "lot.unknown": "There is no lot {lot}.",
    "acquire.supplier": "Say which supplier on the ledger the goods are from.",
    "acquire.claims": "Goods from outside the ledger carry no claims.",
    "ship.makes": "Say what is sent and to whom.",
    "ship.consignee": "Say to whom it is sent.",
    "ship.one-consignee": "A shipment has one consignee.",
    "ship.sum": "Of lot {lot}, {drawn} was drawn and {made} is sent.",
    "ship.closes": "The record {record} is not an intake that waits for this shipment.",
    "ship.closed": "The intake {record} was closed by an earlier shipment.",
    "ship.closes-makes": "A late shipment that closes an intake makes no second holding.",
    "ship.closes-amount": "Lot {lot} differs too much from the intake: correct the intake first.",
    "ship.closes-lots": "The lots are not those of the intake {record}.",
    "receive.not-shipped": "The lot {lot} is not on its way to anybody.",
    "receive.one-ship": "A receipt takes over one shipment.",
    "receive.all": "Name all {lines} lines of the shipment; what did not come is missing.",
    "receive.holder": "What was {outcome} has another holder.",
    "receive.sum": "Of lot {lot}, {drawn} was sent; the lines sum to {made}.",
    "count.sum": "Of lot {lot}, {drawn} was known; the lines sum to {made}.",
    "count.gain": "More of lot {lot} than scales explain: take the rest in as opening stock.",
    "about.one": "Name one thing: a lot, a place, a record or a party.",
    "inspect.not-held": "To fail lot {lot}, name the record by which you held it.",
    "inspect.report": "A laboratory result needs the report's number or its SHA-256.",
    "unit.says": (
        "Say of what kind a unit is, its SSCC or its number, and what is in it; or, instead, which "
        "units are opened."
    ),
    "unit.number": (
        "The number {number} is on another unit of yours ({record}): open that one first, or take "
        "another number. An SSCC is not given twice once its unit has left."
    ),
    "unit.packed": (
        "The rest of lot {lot} lies in other units: {left} can still be packed here, and {asked} "
        "was asked for. Open those that are empty."
    ),
    "unit.many": (
        "Parts of one holding are packed in at most {limit} units: open or send some first, or "
        "take another holding (a stocktake makes a new one)."
    ),
    "unit.unknown": "There is no unit {record}: name the record by which it was packed.",
    "unit.twice": "The unit {number} is named twice.",
    "unit.foreign": "The unit {number} is in another party's hands.",
    "unit.opened": "The unit {number} was opened before.",
    "unit.in-transit": (
        "The unit {number} is on its way, or came and was not named in the receipt: it cannot be "
        "packed, sent or opened."
    ),
    "unit.inside": "The unit {number} stands in {outer}: open that one, or name it alone.",
    "unit.depth": "Units stand in units to a depth of {limit}.",
    "unit.size": "At most {limit} units stand in one, or travel by one shipment.",
    "unit.not-drawn": (
        "The units hold more of lot {lot} than the shipment draws: draw all that is in them."
    ),
    "unit.not-shipped": "The unit {number} did not come with this shipment.",
    "unit.not-received": (
        "The units hold more of lot {lot} than the receipt says of such goods: let the lines say "
        "what is in them."
    ),
    "unit.closes": "A late shipment that closes an intake names no units: the goods have arrived.",
    "label.one-lot": "A label record is about one lot: name its product and its lot code.",
    "label.says": (
        "Say how many labels, their net content and the key of their serials; or, instead, which "
        "earlier label record they are of and which of them are void."
    ),
    "label.no-lot": (
        "Nobody has made the lot {lot} yet: say what is reserved for it (ahead), or make it first."
    ),
    "label.declared": (
        "The lot {lot} is only declared, by who took it in: its maker labels it; or pack it under "
        "a lot code of your own."
    ),
    "label.foreign": "The labels of lot {lot} are another party's.",
    "label.unit": (
        "The lot {lot} is counted in {held}, and the product has no mass per unit to compare "
        "{unit} with: give the quantity in {held}."
    ),
    "label.net": "The product's net content is {expected}; a label cannot stand for less.",
    "label.over": (
        "So many labels stand for more than there is of lot {lot}: at most {most} more of them can "
        "be printed. Make more of the lot first, or reserve what will be packed into it."
    ),
    "label.own-lot": "What lies in the lot {lot} counts already: reserve what will be packed.",
    "label.reserved": (
        "Labels of other lots wait for the rest of lot {lot}: {left} can still be reserved here, "
        "and {asked} was asked for."
    ),
    "label.records": "The lot {lot} has {limit} label records, and takes no more.",
    "label.reserves": (
        "For one lot, and of one holding, at most {limit} lines are reserved: pack first, or take "
        "another holding (a stocktake makes a new one)."
    ),
    "label.ranges": "Labels of one record are voided in at most {limit} ranges.",
    "label.lot-ranges": (
        "Labels of one lot are voided in at most {limit} ranges. Void whole records, or ranges "
        "next to voided ones."
    ),
    "label.unknown": "There is no label record {record} about the lot {lot}.",
    "label.span": "The labels of this record are numbered from 0 to {last}, first before last.",
    "label.voided": "These labels are void already.",
    "correct.unknown": "There is no record {record} to correct.",
    "correct.foreign": "Only the party that made the record {record} corrects it.",
    "correct.one-way": "Void the record, correct its outputs or restate it: one of the three.",
    "correct.type": "A record of type {type} cannot be corrected this way.",
    "correct.voided": "The record {record} was voided.",
    "correct.no-goods": "A record without goods is corrected without draws.",
    "correct.drawn": "Lot {lot} was drawn on since: correct its quantity instead.",
    "correct.remainder": "Draw all that remains of the corrected outputs, and nothing else.",
    "correct.inputs": "Make the {lines} inputs anew, each as it was and in order.",
    "correct.output": "There is no output {n}, or it is named twice.",
    "correct.upward": "Lot {lot} was drawn on since; it cannot become more.",
    "correct.upward-made": "More of lot {lot} needs more inputs: void it and make it anew.",
    "correct.lot-drawn": "Lot {lot} was drawn on since; its code stays.",
    "correct.sum": "Of lot {lot}, {left} remains after the correction.",
    "correct.restated": "A record of type {type} is restated with its own data.",
    "dispute.unknown": "There is no record {record} to dispute.",
    "dispute.not-named": "Only a party that the record {record} names may dispute it.",
    "certificate.certifier": "{party} is not a certifier, laboratory or authority.",
    "certificate.by-whom": "Only the certifier or the holder states a certificate.",
    "certificate.by-certifier": "What the certifier signed, only the certifier changes.",
    "certificate.dates": "It cannot end on {end} before it begins on {start}.",
    "certificate.status-from": "Say from which day it is {status}.",
    "certificate.other": "The certificate {certificate} has another holder or scheme.",
    "rules.by-operator": "Only the operator fixes the rules.",
    "rules.unknown": "This version does not know the rules {digest}.",
    # -- bundles -----------------------------------------------------------------------------
    "bundle.malformed": "This is not a proof bundle: {what}.",
    "bundle.too-large": "The bundle has more than {limit} bytes.",
    "bundle.order": "Indices or times of the records do not rise.",
    "bundle.genesis": "The bundle lacks the log's first two records.",
    "bundle.target": "The bundle does not hold the lot {lot} that it speaks of.",
    "bundle.rolled-back": "The log had {seen} records when it was last seen; here it has {shown}.",
    "bundle.no-consistency": "Nothing ties this checkpoint to the one seen at size {seen}.",
    "bundle.left-out": "A record of type {type} about these goods was left out.",
    "bundle.leaves": "The list of leaves is not that of the checkpoint.",
    "bundle.class": "A public record is missing, or its class is not that of its type.",
    "archive.malformed": "This is not an archive: {what}.",
    "archive.truncated": "The archive breaks off within record {index}.",
    "archive.size": "The archive has {found} records; the checkpoint speaks of {expected}.",
    "archive.root": "The tree of the {size} records is not that of the checkpoint.",
    "archive.forked": "The log's first {size} records are not those that were seen before.",
    "archive.state": "The replay arrives at another state than the server says it has.",
    # -- ledger and storage ------------------------------------------------------------------
    "ledger.batch": "A batch has from 1 to {limit} records; this one has {count}.",
    "ledger.busy": "The ledger has more in its queue than it can take: try again shortly.",
    "ledger.closed": "The ledger is closing and takes nothing more.",
    "ledger.locked": "Another program holds the ledger's database: try again shortly.",
    "ledger.storage": (
        "The database could not be written, and nothing was recorded: is the disk full?"
    ),
    "ledger.unreachable": "The ledger's database does not answer: try again shortly.",
    "ledger.fault": "A fault in the software stopped this; nothing was recorded.",
    "ledger.genesis": "A log begins with its operator's party and key, in one batch.",
    "ledger.none": "There is no log in this database yet.",
    "ledger.other-log": "This is the database of the log {found}, not of {expected}.",
    "ledger.schema": "The database is of another version of the software: run goc migrate.",
    "ledger.index": "The log has {size} records, and so no record {index}.",
    "ledger.replay": "Record {index} of the ledger cannot be judged again: {what}.",
    "settings.database": "GOC_DATABASE_URL names no SQLite file and no PostgreSQL database.",
    # -- the published log -------------------------------------------------------------------
    "ledger.rolled-back": (
        "The database has {size} records, and {published} were shown to others already. Nothing is "
        "taken until it has them again: restore a newer backup or the other replica, or begin a "
        "new log under another name."
    ),
    "ledger.forked": (
        "The database holds another history than the one that was shown to others when the log had "
        "{published} records. Nothing is taken and nothing published: find the database that "
        "belongs to the published log, or begin a new log under another name."
    ),
    "tiles.unreachable": "The published log cannot be read or written: {reason}.",
    "tiles.conflict": (
        "At {path} other bytes are published than the database makes: it holds another history, or "
        "somebody changed the published file."
    ),
    "tiles.changed": (
        "The published tiles do not lead to the root of the log ({what}): somebody changed them."
    ),
    "tiles.raced": "Another publisher has replaced the checkpoint just now.",
    "tiles.checkpoint": "The published checkpoint is not one that this log has signed ({what}).",
    "tiles.emptied": (
        "This log was published once, with {size} records, and nothing is where it should be."
    ),
    "tiles.other-log": "Where this log is to be published lies the log {found}, not {expected}.",
    "publish.busy": "Another process publishes this log.",
    "settings.tiles": (
        "GOC_TILES_URL names neither a folder (file:///…) nor an object store with all that it "
        "needs (s3://, gs://, az://)."
    ),
    "settings.witness-policy": "The file with the witness policy cannot be read.",
    "settings.log": "The log's origin {origin} is not a host, with a port and a path if need be.",
    "settings.host": "{host} is not an address such as https://goc.example.",
    "settings.keyring-key": "The keyring's key is not 32 bytes as base64url.",
    "settings.key-file": "The file with the keyring's key cannot be read or written.",
    "settings.password-file": (
        "GOC_DATABASE_PASSWORD_FILE names a file with a password, and GOC_DATABASE_URL a user of "
        "PostgreSQL without one."
    ),
    "settings.key-exists": "There is a keyring key already; nothing was overwritten.",
    "keyring.no-key": "No key for the keyring is set: see GOC_KEYRING_KEY.",
    "keyring.key": "The keyring was encrypted under another key than the one that is set.",
    "keyring.no-log-key": "The keyring does not hold the key of the log {log}.",
    "keyring.same-key": "The new key of the keyring is the one that is set already.",
    "keyring.next-key": "The log {log} has a second key already.",
    "keyring.no-next-key": "The log {log} has one key: there is none to go over to.",
    "keyring.unseen-key": (
        "The log's new key has not signed what is published yet: restart every server, and wait "
        "until a checkpoint is published."
    ),
    "migrate.newer": (
        "The database's tables ({found}) are of a newer version of the software than this one."
    ),
    "ledger.exists": "This database has a log already, called {log}.",
    "command.no-key": "The server holds no key of the party {party} to sign with.",
    "command.reserved": "The field {field} is filled in by the server: leave it out.",
    "command.hide": "A record of type {type} has no field {field} that may be hidden on request.",
    "token.scope": "There is no scope {scope}; known ones are {known}.",
    "token.name": "The name of a token has 1 to {limit} characters, and none that is unseen.",
    "token.role": "A token of a party needs one of the roles {known}.",
    "token.unknown": "There is no token {token}.",
    "access.scope": "This needs a token with the scope {scope}.",
    "access.party": "The token does not act for the party {party}.",
    "access.type": "The role {role} does not write records of type {type}.",
    "idempotency.reused": "The idempotency key came before, with another request.",
    "cursor.malformed": "This is not a cursor that this ledger has given out.",
    "holding.unknown": "There is no holding {holding}.",
    # -- API ---------------------------------------------------------------------------------
    "access.no-token": "This needs a token, sent as Authorization: Bearer.",
    "access.token": "The token is unknown, has expired or was revoked.",
    "access.session": "This page needs signing in.",
    "access.form": "The form was made before signing in anew; open its page again.",
    "access.other-site": "The form was sent by a page of another site.",
    "access.too-often": "Signing in failed too often; try again in {minutes} minutes.",
    "request.malformed": "The request cannot be read: {what}.",
    "request.field": "The field {field} of the request is wrong: {what}.",
    "request.parameter": "There is no parameter {parameter} here; known ones are {known}.",
    "request.nothing-here": "There is nothing at this address.",
    "request.not-acceptable": "What was asked for is here as {offered}, and not otherwise.",
    "request.method": "The method {method} is not possible at this address.",
    "request.too-large": "The body of a request may have {limit} bytes here; this one has more.",
    "request.content-type": "A body of type {found} is not taken here, but {accepted}.",
    "request.slow": "The body of the request did not arrive within {seconds} seconds.",
    "certificate.unknown": "There is no certificate {certificate}.",
    "request.range": "The file has {size} bytes, and none of those that were asked for.",
    "request.idempotency-key": "An idempotency key has 1 to {limit} visible ASCII characters.",
    # -- labels ------------------------------------------------------------------------------
    "link.too-long": "The address is longer than {limit} characters.",
    "link.character": "The address holds a character that no web address may hold.",
    "link.scheme": "The address does not begin with https:// or http://.",
    "link.domain": "The address has no valid host name.",
    "link.no-key": "The address carries no GS1 key, so it is not a GS1 Digital Link.",
    "link.compressed": "This looks like a compressed GS1 Digital Link, which is not read here.",
    "link.percent": "A percent sign in the address is not followed by two hexadecimal digits.",
    "link.empty": "The application identifier ({ai}) has no value.",
    "link.value": "The value of ({ai}) has a length or a character that GS1 does not allow.",
    "link.short-gtin": "A GTIN stands here in 14 digits, with zeros before it: {expected}.",
    "link.check-digit": "The check digit of ({ai}) is {found}, and should be {expected}.",
    "link.pairs": "What follows the GTIN does not come in pairs of identifier and value.",
    "link.elsewhere": "The address has two GS1 keys; was a slash in a code not kept as %2F?",
    "link.type": "This address has no link of the type {type}.",
    "link.ambiguous": "As written, the address could mean the lot {lot} as well.",
    "link.dots": "A value of ({ai}) made of dots alone would be lost on the way through a browser.",
    "link.order": "What follows ({key}) in the path is not allowed there, or not in this order.",
    "link.unknown-ai": "GS1 has assigned no application identifier ({ai}).",
    "link.repeated": "The application identifier ({ai}) stands more than once.",
    "link.attribute": "The application identifier ({ai}) may not stand after the question mark.",
    "link.misplaced": "The application identifier ({ai}) belongs in the path of the address.",
    "serial.typing": "The serial is mistyped: its letters do not fit one another.",
    "serial.typing-length": "A serial has {expected} letters; this one has {found}.",
    "serial.typing-letter": "{letter}, at place {place}, is no letter of a serial.",
    "serial.index": "Labels of one run are counted from 0 to {limit}.",
    "serial.label": "A serial needs a GTIN of 14 digits, a lot code and a record's digest.",
    "serial.too-many": "A serial is tried with {limit} pairs of key and label record at the most.",
    "scan.place": "The place of a scan is a country or a part of one, as ISO 3166 writes it.",
    "sscc.unknown": "Nobody has packed a crate or pallet under the SSCC {sscc}.",
    "complaint.unknown": "There is no such complaint.",
    "complaint.goods": (
        "Nobody in this ledger is known to make goods of the number {product}: nobody could answer."
    ),
    "complaint.kind": "A complaint is of one of these kinds: {known}.",
    "complaint.words": "A complaint, or an answer to one, has at most {limit} characters.",
    "complaint.contact": "A contact has at most {limit} characters.",
    "complaint.position": "A position is latitude and longitude to two places, and no finer.",
    "complaint.consent": "How to reach somebody is kept only with their consent.",
    "complaint.too-many": "There were as many complaints as are taken in a day.",
    "complaint.nothing": "An answer says something: a state, or words.",
    "form.expired": "The form was not opened here, or too long ago, or only a moment ago.",
    "request.too-often": "This was asked too often within {minutes} minutes.",
    "label-key.malformed": "This is not a key for the serials of labels.",
    "print.lost": "Another made the lot {lot} first: these labels came to nothing.",
    "label-key.unknown": "This server does not hold the key {key}, which makes these serials.",
    "label-key.withdrawn": "The key {key} was stolen and is withdrawn: nothing is printed with it.",
    "label-key.too-many": "The keyring holds {limit} keys for labels, and takes no more.",
    "link.not-a-product": "The address is about ({ai}), not about a product.",
    "print.setting": "A printer's {name} lies between {low} and {high}.",
    "print.cut": "Moved by {x} and {y} mm, some of the label would not be printed.",
    "label.none": "The lot {lot} has no labels.",
    "label.not-of-these": "The code is not that of a label which was made together with these.",
    "label.mismatch": "The address does not lead to the product, lot and serial of the label.",
    "label.text": "A text on a label has 1 to {limit} characters.",
    "label.letter": "The label's typeface has no letter {point}.",
    "label.dpi": "A label is printed with {low} to {high} dots per inch.",
    "label.size": "A label measures {low} to {high} mm.",
    "label.too-narrow": "The symbol needs a label at least {needed} mm wide; this has {found} mm.",
    "label.too-low": "The texts need a label at least {needed} mm high; this has {found} mm.",
    "label.too-much": "The address is too long for a QR symbol.",
    "label.picture": (
        "A picture on a label is a PNG or JPEG of at most {megabytes} MB and {pixels} pixels "
        "a side."
    ),
    "label.marks": "A label names at most {limit} certificates, each in {longest} characters.",
    "label.no-sscc": "A label of a pallet needs the SSCC of the pallet.",
    "label.bars-too-wide": (
        "The bars of an SSCC need a label at least {needed} mm wide; this has {found} mm."
    ),
    "print.cell": (
        "The design measures {width} × {height} mm, a label of this sheet {across} × {down} mm. "
        "Choose the design's size to match the sheet."
    ),
    "print.grid": (
        "{columns} × {rows} labels of this size do not fit on a page of {width} × {height} mm."
    ),
    "print.placed": "Where labels lie is said of a sheet in columns by rows, such as 3x8.",
    "print.position": "The sheet has the positions 1 to {limit}; there is no position {found}.",
    "print.offset": "A sheet can be shifted by at most {limit} mm in either direction.",
    "print.cut-marks": "Cut marks need a margin of at least {needed} mm around the labels.",
    "print.dpi": "This printer's language is written for {known} dots per inch, not {found}.",
    "print.too-many-dots": (
        "A label of {width} × {height} mm at {dpi} dots per inch has more than {limit} million "
        "dots. Ask for a smaller label or for fewer dots per inch."
    ),
    "print.start": "There is no label to print from number {found} on: the record has {limit}.",
    "print-job.unknown": "There is no print job {job}.",
    "print-job.too-long": (
        "A print job has at most {limit} labels. Ask for several, with start and count."
    ),
    "print-job.too-many": (
        "This party has {limit} print jobs. Wait until one has ended, or cancel one."
    ),
    "print-job.full": (
        "The files of print jobs take {limit} MB already. Cancel jobs whose files you have, or "
        "wait for a day."
    ),
    "print-job.too-large": (
        "The file is larger than {limit} MB. Ask for several print jobs, with start and count."
    ),
    "print-job.not-done": "The print job is not done: {printed} of {count} labels are drawn.",
    "print-job.stuck": "The print job was begun {tries} times and came no further.",
    # -- spreadsheets ------------------------------------------------------------------------
    "sheet.empty-file": "The file is empty. Save the register again and send that file.",
    "sheet.too-large": (
        "The file is larger than {limit} MB. Leave pictures out, or send one season at a time."
    ),
    "sheet.not-xlsx": (
        "This is not an .xlsx file. Open the register in a spreadsheet program and save it "
        "as “Excel Workbook (.xlsx)”."
    ),
    "sheet.old-format": (
        "The file is an old .xls, or has a password. Save it as .xlsx without a password."
    ),
    "sheet.macros": (
        "The file contains macros, which are not accepted. Save it as .xlsx without macros."
    ),
    "sheet.bomb": (
        "Unpacked, the file is larger than {limit} MB, or one part of it too large. Copy the "
        "rows into a new workbook and send that."
    ),
    "sheet.unreadable": (
        "The file is damaged and cannot be read. Open it in a spreadsheet program, save it "
        "again, and send that file."
    ),
    "sheet.too-many-sheets": (
        "The file has more than {limit} sheets. Send only the one with the register."
    ),
    "sheet.too-many-rows": (
        "The sheet has more than {limit} rows. Split it, for instance by season."
    ),
    "sheet.too-many-columns": (
        "The sheet has something beyond column {limit}. Delete what does not belong to the "
        "register."
    ),
    "sheet.too-many-merges": (
        "The sheet has more than {limit} blocks of merged cells. Unmerge them."
    ),
    "sheet.no-headings": (
        "No row of headings was found on {sheets}. A register has at least {count} of these "
        "in one row: Ngày thu hoạch, Nông hộ, Mã thửa, Sản phẩm, Sản lượng."
    ),
    "sheet.no-such-sheet": "There is no sheet of that name. The file has {sheets}.",
    "sheet.several": "Several sheets look like a register: {sheets}. Say which one is meant.",
    "sheet.heading.missing": "The heading “{column}” is missing. Accepted are: {accepted}.",
    "sheet.heading.twice": (
        "The headings “{column}” and “{other}” say the same. Keep one of them, or rename the other."
    ),
    "sheet.row.only-amount": (
        "Only an amount stands here. If it is a sum, write “Tổng cộng” in the row; if it is "
        "a harvest, fill in the rest."
    ),
    "sheet.cell.missing": "The cell is empty. Fill it in.",
    "sheet.cell.formula": (
        "The cell has a formula whose result was not saved. Open the file in a spreadsheet "
        "program and save it again, or type the value."
    ),
    "sheet.cell.error": "The cell shows an error instead of a value. Type the value.",
    "sheet.text.too-long": "More than {limit} characters. Shorten the text.",
    "sheet.text.date": (
        "“{value}” is a date: the spreadsheet program has turned a code into one. Format the "
        "cell as Text and type the code again."
    ),
    "sheet.date.not-a-date": "“{value}” is not a date. Write it as 22/11/2026, for example.",
    "sheet.date.no-such-day": (
        "The day “{value}” does not exist. Write day, month, year: 22/11/2026, for example."
    ),
    "sheet.date.year": (
        "The year {year} cannot be right. Write the year with four digits: 22/11/2026, for example."
    ),
    "sheet.clock.not-a-time": (
        "“{value}” is not an hour of the day. Write it as 07:30, for example."
    ),
    "sheet.amount.not-a-number": "“{value}” is not a number. Write it as 1.234,5, for example.",
    "sheet.amount.point": (
        "“{value}” is unclear: the full stop parts thousands, the comma begins the decimals. "
        "Write {comma}, if that is meant."
    ),
    "sheet.amount.not-positive": "The amount must be more than zero.",
    "sheet.amount.too-large": (
        "The amount is larger than any that can be recorded. Check the number and its unit."
    ),
    "sheet.amount.digits": (
        "The amount has too many decimals for its unit. Round it, as the scale shows it."
    ),
    "sheet.amount.merged": (
        "One amount is merged over several rows. Unmerge the cells and write the amount of "
        "each row."
    ),
    "sheet.unit.missing": (
        "The unit is missing. Write it in the heading, as in “Sản lượng (kg)”, or in a "
        "column “Đơn vị”."
    ),
    "sheet.unit.unknown": "The unit “{value}” is not known. Known are {known}.",
    "sheet.unit.conflict": "The unit is given as “{one}” and as “{other}”. Keep one of them.",
    "sheet.lot.letters": (
        "“{value}” cannot be a lot code: 1 to 20 letters without accents, digits and - . / "
        "only, without spaces. For example CD-0912-A."
    ),
    "sheet.claims.which": (
        "“{value}” does not say which certificate. Write its name: VietGAP, for example."
    ),
    "sheet.claims.unclear": (
        "“{value}” is not understood. Write names of certificates, with commas between: "
        "VietGAP, hữu cơ."
    ),
    "season.malformed": "The season's file {file} is wrong: {what}.",
    "season.register": "The register {file} has {count} faults. The first: {first}",
    # -- the command line, and registers on their way to the ledger --------------------------
    "cli.workers": "There may be from 1 to {most} workers, and several only on Unix.",
    "cli.workers-sqlite": (
        "Several workers need PostgreSQL (GOC_DATABASE_URL): SQLite has one writer."
    ),
    "cli.port": "{port} is no TCP port.",
    "cli.bound": "{address} cannot be listened on: {reason}.",
    "cli.database": "The ledger's database cannot be used: {reason}.",
    "cli.unreachable": "The ledger's database cannot be reached: {reason}.",
    "cli.log-none": "There is no published log here.",
    "cli.exists": "{file} is there already; nothing was changed. --force replaces it.",
    "cli.log-address": "This is neither an address with http or https nor a folder.",
    "cli.extra": "This needs {package}, which is not installed: pip install 'goc[server]'.",
    "cli.time": "{time} is no time of day such as 06:00.",
    "cli.not-empty": "{folder} is there already and not empty; nothing was changed.",
    "cli.has-ledger": "{folder} holds a ledger already; nothing was changed.",
    "cli.no-key": "No key for the keyring is set, and --create-key is not given.",
    "cli.days": "A token is good for 1 to {limit} days, not for {days}.",
    "cli.no-example": "The example season is not installed.",
    "cli.lot": "The ledger has no lot {lot}. Write GTIN/LOT, a lot code, or a label's address.",
    "cli.lots": "Several products have a lot {lot}. Write one of {lots}.",
    "import.party": "The ledger has no party {party}. Write its id, number or whole name.",
    "import.parties": "Several parties are called {party}. Write the id of one: {parties}.",
    "import.farm": "No member is called so. Write the number of one: {known}.",
    "import.farms": "Several members are called so. Write the number of one: {known}.",
    "import.plot": "The farm has no such plot. Its plots are {known}.",
    "import.plots": "The farm has several such plots: {known}. Write the id of one.",
    "import.product": "Members harvest no such product. They harvest: {known}.",
    "import.products": "Several products begin so. Write the whole name of one: {known}.",
    "import.future": "The day of harvest lies in the future. Put the date right.",
    "import.consent": "The farm has not agreed that the cooperative records its harvests.",
    "import.recorded-otherwise": (
        "Plot {plot} on {day}, lot {lot}: the ledger has {recorded}. Correct that record."
    ),
    "import.lot": "“{lot}” can be no lot code: use letters and digits, without accents.",
    # -- operating ---------------------------------------------------------------------------
    "settings.encoding": "The database keeps texts as {encoding}, and must keep them as UTF8.",
    "settings.data": "There is no data folder {folder}, and the environment does not say enough.",
    "settings.log-format": "GOC_LOG_FORMAT is {format}, and should be json or text.",
    "settings.drain": "GOC_DRAIN_SECONDS is a number of seconds from 0 to {limit}.",
    "settings.header": "{name} is the name of a header.",
    "settings.months": "GOC_COMPLAINT_MONTHS is a number of months from 1 to {limit}.",
    "health.database": "The database does not answer in time.",
    "health.writer": "The writer has stopped, or has been at one transaction for too long.",
    "health.shorter": "The log has {size} records and had {seen}: it was set back.",
    "health.ending": "This server is about to end: ask another.",
    "backup.malformed": "This is no backup, or it was cut short or damaged ({part}).",
    "backup.format": "The backup is of the form {found}; this program reads {known}.",
    "backup.part": "The part {part} of the backup is not as its manifest says.",
    "backup.seal": "The backup was sealed with another keyring's key, or was changed.",
    "backup.record": "Record {index} of the backup does not hold.",
    "backup.root": "The records of the backup are not those that the log has signed.",
    "backup.damaged": "The records in the database are not those that the log has signed.",
    "restore.not-empty": "The database is not empty: a backup is restored into an empty one.",
}


class GocError(Exception):
    """A refusal with a stable code.

    ``params`` are the values that the catalogue's sentence names; they must never hold a
    personal value or a secret, since they reach logs. ``pointer`` is a JSON pointer (RFC 6901)
    into the input, or empty.
    """

    def __init__(self, code: str, /, pointer: str = "", **params: object) -> None:
        if code not in CODES:  # a programming error, and a test meets it
            raise AssertionError(f"unregistered error code {code!r}")
        self.code = code
        self.pointer = pointer
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        where = f" at {self.pointer}" if self.pointer else ""
        try:
            sentence = CODES[self.code].format(**self.params)
        except (KeyError, IndexError):
            sentence = CODES[self.code]
        return f"{self.code}{where}: {sentence}"


class FormatError(GocError):
    """Bytes or text that are not what they claim to be."""


class RecordError(FormatError):
    """A record that cannot be parsed, or whose signature or disclosures do not hold."""


class RuleError(GocError):
    """A well-formed record that the rulebook refuses."""


class ProofError(GocError):
    """A Merkle proof, signed note or checkpoint that does not hold."""


class LedgerError(GocError):
    """The ledger cannot do what was asked: full, locked, unknown, or not permitted."""


class ImportRowError(GocError):
    """One row of a spreadsheet that cannot be taken."""
