const answer = await fetch("http://localhost:3000/health");
console.log(answer.status);
