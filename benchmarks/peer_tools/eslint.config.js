import security from "eslint-plugin-security";
import sonarjs from "eslint-plugin-sonarjs";
import tseslint from "typescript-eslint";

export default tseslint.config(...tseslint.configs.strict, sonarjs.configs.recommended, security.configs.recommended);
