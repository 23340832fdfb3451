import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Two halves in two processes: what each may not import (README, "How it is built"). */
const border = (files, ignores, patterns) => ({
    files,
    ignores,
    rules: { "no-restricted-imports": ["error", { patterns }] },
});

export default tseslint.config(
    { ignores: ["bin/", ".sandbox/", "node_modules/"] },
    js.configs.recommended,
    {
        files: ["**/*.ts"],
        extends: [...tseslint.configs.recommendedTypeChecked],
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/switch-exhaustiveness-check": "error",
            "@typescript-eslint/consistent-type-imports": [
                "error",
                { fixStyle: "inline-type-imports" },
            ],
            "prefer-const": "error",
            eqeqeq: "error",
        },
    },
    {
        files: ["test/**/*.ts"],
        rules: {
            "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [] }],
        },
    },
    {
        files: ["**/*.js", "**/*.mjs"],
        languageOptions: {
            globals: {
                process: "readonly",
                console: "readonly",
                require: "readonly",
                module: "writable",
                __dirname: "readonly",
                setTimeout: "readonly",
                clearTimeout: "readonly",
                fetch: "readonly",
                Buffer: "readonly",
            },
        },
    },
    border(
        ["components/**/*.ts"],
        ["components/provider/**", "components/consumer/**", "components/cli/**"],
        [
            {
                group: ["kafkajs", "kafkajs/*", "@platformatic/*", "@duckdb/*"],
                message: "The program half never touches Kafka or the engine.",
            },
            {
                group: ["**/provider/**", "./provider/*"],
                message: "The program half reaches the provider half only through the shim.",
                allowTypeImports: true,
            },
        ],
    ),
    border(
        ["components/provider/**/*.ts"],
        ["components/provider/kafka/**", "components/provider/flink/**", "components/consumer/**"],
        [
            { group: ["@pulumi/*"], message: "The provider half never imports Pulumi." },
            {
                group: ["kafkajs", "kafkajs/*", "@platformatic/*"],
                message: "Only provider/kafka knows the Kafka client.",
            },
        ],
    ),
    border(
        [
            "components/provider/kafka/**/*.ts",
            "components/provider/flink/**/*.ts",
            "components/consumer/**/*.ts",
            "components/cli/**/*.ts",
        ],
        [],
        [{ group: ["@pulumi/*"], message: "The provider half never imports Pulumi." }],
    ),
);
