// Run by mongosh: makes one replica set of the three servers in compose.yaml, or finds that it is one already.

const members = ["mongo-one", "mongo-two", "mongo-three"].map((name, number) => ({ _id: number, host: `${name}:27017` }));

try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "house", members });
}
while (!db.hello().primary) sleep(200);
