/** The bearer token that the hooks ask for, as they do where they are deployed. */
export const TOKEN = '2b1f6d0e9c7a4f35b8e1';
