// Starts Swagger on the page. It stands in a file of its own because the page allows no script in it.
window.addEventListener("DOMContentLoaded", () => {
    window.SwaggerUIBundle({
        url: "/openapi.json",
        dom_id: "#swagger-ui",
        deepLinking: true,
        tryItOutEnabled: true,
        persistAuthorization: false,
        validatorUrl: null,
    });
});
