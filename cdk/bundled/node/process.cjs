/** As http.cjs has it. */
module.exports = process.getBuiltinModule('node:process');
