/**
 * Node's own `http`, without reading what it makes only on demand. An ES module that imports it reads every export
 * at once, `WebSocket` among them, for which Node sets up the whole of undici: 50 of a function's 150 ms from its
 * import to its first line. The modules beside it make less on demand: all together another 10 ms.
 */
module.exports = process.getBuiltinModule('node:http');
