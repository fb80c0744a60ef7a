"""The screens, one a file: what a person sees and does. None holds SQL, HTTP, secrets or rules; they ask the bridge."""
