import { functionsJar, packagedFunctionsJar } from "./functionsJar.js";

/** npm run build:functions: puts the jar of the comparison's functions where `npm pack` takes it from. */
functionsJar((line) => console.error(`· ${line}`)).then(
    () => console.log(packagedFunctionsJar),
    (error: Error) => {
        console.error(error.message);
        process.exitCode = 1;
    },
);
