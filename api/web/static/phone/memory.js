// What this browser remembers of a site's log between visits: the policy and key that it saw first,
// the last checkpoint, and what it saw if the log was ever shown otherwise. In IndexedDB, since a
// worker has no other store. Where the browser keeps nothing, nothing is remembered.

const STORE = "log";

function opened() {
  return new Promise((done, failed) => {
    const asking = indexedDB.open("goc", 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore(STORE);
    asking.onsuccess = () => done(asking.result);
    asking.onerror = failed;
    asking.onblocked = failed;
  });
}

async function use(mode, work) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = failed;
      transaction.onabort = failed;
    });
  } finally {
    database.close();
  }
}

/** `{policy, vkey, since, note, at, fork}` as `keep` left it, or null. Times in Unix milliseconds. */
export async function recall() {
  try {
    return (await use("readonly", (store) => store.get("seen"))) || null;
  } catch {
    return null;
  }
}

/** Remembers; says whether that worked. */
export async function keep(seen) {
  try {
    await use("readwrite", (store) => store.put(seen, "seen"));
    return true;
  } catch {
    return false;
  }
}
