// Sends JSON to our own server; gives the answer, or throws a sentence for people.
export async function post(path, asked, failed) {
  let answer, told;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
    told = await answer.json();
  } catch {
    throw new Error(failed);
  }
  if (!answer.ok) throw new Error(told.message ?? failed);
  return told;
}
