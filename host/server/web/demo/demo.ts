console.log("");
export {};
