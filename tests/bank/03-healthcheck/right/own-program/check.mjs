const answer = await fetch("http://localhost:3000/health", { signal: AbortSignal.timeout(2000) });
if (answer.status !== 200) throw new Error(`status ${answer.status}`);
