// All that PostGraphile needs of Node.js 22. With it, it runs on the Node.js that Taproot is measured on.
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};
